//! What the server makes of a response.

use http::{Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    nesting,
    types::{
        ErrorCode,
        hooks::{CustomAccessToken, HookClaims, HookRefusal, MfaVerificationAttempt, PasswordVerificationAttempt},
    },
};

/// What the server makes of a response to one of its hooks, to test a service without a server.
///
/// ```
/// use gotrue::hooks::Outcome;
///
/// // A status other than 200 does not tell the user why.
/// let response = http::Response::builder().status(403).body("only example.org").unwrap();
/// let outcome = Outcome::of(&response);
/// assert!(matches!(outcome, Outcome::Failed { status: 500, .. }));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The server goes on, with this output. It is null if the response has no body.
    Accepted(Value),
    /// The hook refused, or rejected an attempt. The server's client gets this status and message.
    Refused {
        /// The status, which the server does not check: 200 is possible.
        status: u16,
        /// The message.
        message: String,
    },
    /// The server cannot use the response. Its client gets this error.
    Failed {
        /// The status.
        status: u16,
        /// The error code.
        code: ErrorCode,
        /// The message.
        message: String,
    },
    /// The server sends the request again at once, up to three times in all. After the last time it fails as without
    /// `Retry-After`.
    Repeated,
}

impl Outcome {
    /// The longest body of a response that the server accepts, in bytes.
    pub const MAX_BODY: usize = 204_800;

    /// Returns what the server makes of a response to any hook. [`of_hook`](Self::of_hook) also checks what each hook
    /// requires of its output.
    pub fn of(response: &Response<impl AsRef<[u8]>>) -> Self {
        match response.status() {
            StatusCode::NO_CONTENT => Self::Accepted(Value::Null),
            StatusCode::OK | StatusCode::ACCEPTED => {
                Self::of_body(content_type(response), response.body().as_ref()).unwrap_or_else(|failure| failure)
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let is_repeated = response.headers().get(header::RETRY_AFTER).is_some_and(|value| !value.is_empty());
                if is_repeated { Self::Repeated } else { Self::unavailable() }
            }
            StatusCode::BAD_REQUEST => Self::unexpected("Invalid payload sent to hook"),
            StatusCode::UNAUTHORIZED => Self::unexpected("Hook requires authorization token"),
            other => Self::unexpected(format!("Unexpected status code returned from hook: {}", other.as_u16())),
        }
    }

    /// Returns what the server makes of a response to this hook, by its name in `metadata.name`.
    ///
    /// ```
    /// use gotrue::hooks::{CustomAccessToken, Outcome};
    ///
    /// // Without claims, the server issues no access token.
    /// let response = http::Response::builder().header("content-type", "application/json").body("{}").unwrap();
    /// let outcome = Outcome::of_hook(CustomAccessToken::HOOK, &response);
    /// assert!(matches!(outcome, Outcome::Failed { status: 500, .. }));
    /// ```
    pub fn of_hook(name: &str, response: &Response<impl AsRef<[u8]>>) -> Self {
        match Self::of(response) {
            Self::Accepted(output) if name == CustomAccessToken::HOOK => Self::of_claims(output),
            Self::Accepted(output) if name == PasswordVerificationAttempt::HOOK => {
                Self::of_decision(output, 400, "Further password verification attempts will be rejected.")
            }
            Self::Accepted(output) if name == MfaVerificationAttempt::HOOK => {
                Self::of_decision(output, 403, "Further MFA verification attempts will be rejected.")
            }
            outcome => outcome,
        }
    }

    /// Returns the outcome after the last repetition.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::unexpected("Service currently unavailable due to hook")
    }

    fn of_body(content_type: Option<&str>, body: &[u8]) -> Result<Self, Self> {
        let content_type = content_type.unwrap_or_default();
        check_content_type(content_type).map_err(|message| Self::Failed {
            status: 400,
            code: ErrorCode::HookPayloadInvalidContentType,
            message,
        })?;
        if body.len() > Self::MAX_BODY {
            let message = format!("Payload size exceeded size limit of {} bytes", Self::MAX_BODY);
            return Err(Self::Failed { status: 422, code: ErrorCode::HookPayloadOverSizeLimit, message });
        }
        let Ok(output) = serde_json::from_slice::<Value>(&nesting::bounded(body)) else {
            return Err(Self::unreadable());
        };
        // An error of another shape is ignored.
        if let Ok(refusal) = Option::<HookRefusal>::deserialize(lower_case(&lower_case(&output)["error"]))
            && let Some(HookRefusal { http_code, message }) = refusal.filter(|refusal| !refusal.message.is_empty())
        {
            let status = http_code.filter(|code| *code != 0).map_or(Some(500), |code| u16::try_from(code).ok());
            return Ok(Self::Refused { status: status.unwrap_or(500), message });
        }
        if output.is_object() || output.is_null() { Ok(Self::Accepted(output)) } else { Err(Self::unreadable()) }
    }

    fn of_claims(output: Value) -> Self {
        let claims = match output.get("claims") {
            None => return Self::unexpected("output claims field is missing"),
            Some(Value::Null) => Value::Object(Map::new()),
            Some(claims) => claims.clone(),
        };
        match HookClaims::deserialize(claims).map(|claims| claims.validate()) {
            Ok(Ok(())) => Self::Accepted(output),
            Ok(Err(why)) => {
                Self::unexpected(format!("output claims do not conform to the expected schema: \n- {why}\n"))
            }
            Err(_) => Self::unreadable(),
        }
    }

    /// The status and the message are those of a rejected attempt.
    fn of_decision(output: Value, status: u16, message: &str) -> Self {
        match Option::<Attempt>::deserialize(lower_case(&output)).map(Option::unwrap_or_default) {
            // Only a password has this member.
            Ok(Attempt { should_logout_user: Some(value), .. }) if status == 400 && !value.is_boolean() => {
                Self::unreadable()
            }
            Ok(Attempt { decision, message: own, .. }) if decision.as_deref() == Some("reject") => {
                let message = own.filter(|own| !own.is_empty()).unwrap_or_else(|| message.to_owned());
                Self::Refused { status, message }
            }
            Ok(_) => Self::Accepted(output),
            Err(_) => Self::unreadable(),
        }
    }

    fn unreadable() -> Self {
        Self::unexpected("Error unmarshaling JSON output.")
    }

    fn unexpected(message: impl Into<String>) -> Self {
        Self::Failed { status: 500, code: ErrorCode::UnexpectedFailure, message: message.into() }
    }
}

/// The output of a hook that decides about an attempt. The server reads no decision but `reject`.
#[derive(Default, Deserialize)]
struct Attempt {
    decision: Option<String>,
    message: Option<String>,
    should_logout_user: Option<Value>,
}

/// Returns an object with its names in lower case, since the server ignores their case.
fn lower_case(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
        }
        other => other.clone(),
    }
}

fn content_type<B>(response: &Response<B>) -> Option<&str> {
    response.headers().get(header::CONTENT_TYPE)?.to_str().ok()
}

/// Fails unless the media type is `application/json`, with any well-formed parameters.
fn check_content_type(content_type: &str) -> Result<(), String> {
    if content_type.is_empty() {
        return Err("Invalid Content-Type: Missing Content-Type header".to_owned());
    }
    let mut parts = content_type.split(';');
    let media_type = parts.next().unwrap_or_default().trim();
    let parameters: Vec<&str> = parts.collect();
    // A semicolon at the end is accepted.
    let (last, others) = parameters.split_last().unwrap_or((&"", &[]));
    let is_well_formed = |parameter: &str| parameter.trim().split_once('=').is_some_and(|(name, _)| !name.is_empty());
    if !others.iter().all(|parameter| is_well_formed(parameter)) || !last.trim().is_empty() && !is_well_formed(last) {
        return Err("Invalid Content-Type header: mime: invalid media parameter".to_owned());
    }
    if media_type.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(format!("Invalid JSON response. Received content-type: {content_type}"))
    }
}
