//! Responses to hooks.

use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::Value;

use crate::{
    error::{Error, Result},
    types::hooks::{
        AcknowledgementOutput, CustomAccessTokenOutput, HookClaims, HookDecision, HookRefusal, InvalidClaim,
        VerificationAttemptOutput,
    },
};

/// What a handler returns to the server.
pub trait HookResponse: Send + 'static {
    /// Returns the body of the response.
    ///
    /// # Errors
    /// A [`Refusal`] with status 500 if the server would not accept this response.
    fn body(self) -> std::result::Result<Value, Refusal>;
}

/// The event is acknowledged: the user may be created, or the message is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged;

impl HookResponse for Acknowledged {
    fn body(self) -> std::result::Result<Value, Refusal> {
        to_json(AcknowledgementOutput::default())
    }
}

impl HookResponse for HookClaims {
    fn body(self) -> std::result::Result<Value, Refusal> {
        self.validate()?;
        to_json(CustomAccessTokenOutput { claims: Some(self), error: None })
    }
}

/// The decision about an attempt to verify a password or a factor. Neither decision makes a wrong password or code right.
///
/// ```
/// use gotrue::hooks::Decision;
///
/// let decision = Decision::reject().message("too many attempts").sign_out();
/// # let _ = decision;
/// ```
#[derive(Clone, Debug)]
pub struct Decision(VerificationAttemptOutput);

impl Decision {
    /// Lets the attempt continue.
    #[must_use]
    pub fn proceed() -> Self {
        Self::of(HookDecision::Continue)
    }

    /// Rejects the attempt. The server's client gets 400 `invalid_credentials` for a password and 403
    /// `mfa_verification_rejected` for a factor; for a factor, all of the user's sessions end.
    #[must_use]
    pub fn reject() -> Self {
        Self::of(HookDecision::Reject)
    }

    /// Sets the message that the server's client gets with a rejection. Default: a message of the server.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.0.message = Some(message.into());
        self
    }

    /// Ends all of the user's sessions with a rejection. For a factor they always end.
    #[must_use]
    pub fn sign_out(mut self) -> Self {
        self.0.should_logout_user = Some(true);
        self
    }

    fn of(decision: HookDecision) -> Self {
        Self(VerificationAttemptOutput {
            decision: Some(decision),
            message: None,
            should_logout_user: None,
            error: None,
        })
    }
}

impl HookResponse for Decision {
    fn body(self) -> std::result::Result<Value, Refusal> {
        to_json(self.0)
    }
}

impl HookResponse for Value {
    fn body(self) -> std::result::Result<Value, Refusal> {
        Ok(self)
    }
}

/// A hook refuses. The server's client gets the status and the message, with the error code `unknown` below 500.
///
/// The response itself has status 200, as the server requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    /// Refuses with status 403 and this message. The server ignores a refusal without a message, so an empty one is
    /// replaced by `refused`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        let message = if message.is_empty() { "refused".to_owned() } else { message };
        Self { status: StatusCode::FORBIDDEN, message }
    }

    /// Sets the status that the server's client gets. Default: 403.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] unless it is 400 to 599: the server would send the error as a success.
    pub fn status(mut self, status: StatusCode) -> Result<Self> {
        if !status.is_client_error() && !status.is_server_error() {
            return Err(Error::invalid("status of a refusal", "must be 400 to 599"));
        }
        self.status = status;
        Ok(self)
    }

    fn body(self) -> Value {
        let error = HookRefusal { http_code: Some(self.status.as_u16().into()), message: self.message };
        serde_json::to_value(AcknowledgementOutput { error: Some(error) }).unwrap_or_default()
    }
}

/// Refuses with status 500, since the hook is at fault.
impl From<InvalidClaim> for Refusal {
    fn from(error: InvalidClaim) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: error.to_string() }
    }
}

/// Returns the HTTP response for what a handler returned.
pub(super) fn respond(result: std::result::Result<impl HookResponse, Refusal>) -> Response<String> {
    let body = result.and_then(HookResponse::body).unwrap_or_else(|refusal| {
        tracing::debug!(status = refusal.status.as_u16(), message = refusal.message, "a hook refused");
        refusal.body()
    });
    let mut response = Response::new(body.to_string());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn to_json(output: impl Serialize) -> std::result::Result<Value, Refusal> {
    serde_json::to_value(output)
        .map_err(|error| Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, message: error.to_string() })
}
