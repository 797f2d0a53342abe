//! Sessions from callbacks.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::AuthorizationCode;
use crate::{
    auth::{
        callback::{Callback, CallbackSession},
        flow::{FlowKind, PkceFlow, PkceFlows},
    },
    client::Client,
    clock::Moment,
    error::{Error, Result},
    input,
    secret::Secret,
    session::Session,
    types,
};

/// The outcome of a flow.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "it is matched right where it is returned")]
pub enum CallbackOutcome {
    /// The user is signed in.
    SignedIn {
        /// The session.
        session: Session,
        /// What the flow was started for.
        kind: FlowKind,
    },
    /// The first of the two confirmations of a new email address is done. An existing session remains valid.
    ConfirmationPending {
        /// What to do next, as plain text from the server.
        message: String,
    },
}

impl CallbackOutcome {
    /// Returns the session, if there is one.
    #[must_use]
    pub fn session(self) -> Option<Session> {
        match self {
            Self::SignedIn { session, .. } => Some(session),
            Self::ConfirmationPending { .. } => None,
        }
    }

    /// Returns the outcome of a callback that is not a code.
    fn without_code(callback: &Callback) -> Result<Self> {
        match callback {
            Callback::Message(message) => Ok(Self::ConfirmationPending { message: message.clone() }),
            Callback::Error(error) => Err(error.clone().into()),
            Callback::Session(_) => Err(Error::invalid("callback", "contains a session where a code is expected")),
            Callback::Code { .. } | Callback::NotOurs => Err(Error::invalid("callback", "is not from this server")),
        }
    }
}

impl Client {
    /// Completes the flow that this browser started: exchanges the code of the callback for a session. If this fails
    /// with an error that is [retryable](Error::is_retryable), the same flow and callback can be used again.
    ///
    /// The flow must come from the browser that sent the callback, for example from its cookie; see [`PkceFlow`]. The
    /// id in the callback is compared with that of the flow in constant time.
    ///
    /// A callback that contains a session is rejected, since anyone could have crafted it. Where the application
    /// expects one, as from an invitation, use [`session_from_callback`](Self::session_from_callback).
    ///
    /// # Errors
    /// [`Error::MissingVerifier`] if the callback belongs to another flow or to none, or if the flow has expired;
    /// [`Error::Callback`] if the callback is an error; [`Error::InvalidInput`] if it contains a session or is not from
    /// the server; those of [`AuthorizationCode`].
    pub async fn complete_flow(&self, flow: &PkceFlow, callback: &Callback) -> Result<CallbackOutcome> {
        let Callback::Code { code, flow_id } = callback else { return CallbackOutcome::without_code(callback) };
        let is_this_flow = flow_id.as_deref().is_some_and(|id| flow.has_id(id));
        if !is_this_flow || flow.expires_at() <= self.clock().now() {
            return Err(Error::MissingVerifier);
        }
        self.exchange_code(flow, code).await
    }

    /// Completes one of the application's own open flows: exchanges the code of the callback for a session. If this
    /// fails with an error that is [retryable](Error::is_retryable), the flow stays open, and the same callback can be
    /// used again.
    ///
    /// This is for applications with a single user. A web service uses [`complete_flow`](Self::complete_flow).
    ///
    /// A callback that contains a session is rejected, since anyone could have crafted it. Where the application
    /// expects one, as from an invitation, use [`session_from_callback`](Self::session_from_callback).
    ///
    /// # Errors
    /// [`Error::MissingVerifier`] if the flow is not open, or if the callback has no flow id; otherwise as
    /// [`complete_flow`](Self::complete_flow).
    pub async fn sign_in_from_callback(&self, flows: &mut PkceFlows, callback: &Callback) -> Result<CallbackOutcome> {
        let Callback::Code { code, flow_id } = callback else { return CallbackOutcome::without_code(callback) };
        let open = flows.take_open(flow_id.as_deref().ok_or(Error::MissingVerifier)?)?;
        let outcome = self.exchange_code(&open.flow, code).await;
        if outcome.as_ref().is_err_and(Error::is_retryable) {
            flows.put(open);
        }
        outcome
    }

    async fn exchange_code(&self, flow: &PkceFlow, code: &Secret) -> Result<CallbackOutcome> {
        let session = self.sign_in(AuthorizationCode::new(code, flow.verifier().clone())).await?;
        Ok(CallbackOutcome::SignedIn { session, kind: flow.kind() })
    }

    /// Creates a session from the tokens in the fragment of a callback URL. The server is asked for the user
    /// (`GET /user`), and thereby verifies the access token. If the access token has expired since the redirect, the
    /// session is refreshed instead.
    ///
    /// Use it only where the application expects such a callback: anyone can craft one (login CSRF).
    ///
    /// ```
    /// # use gotrue::{Callback, Client, auth::FlowKind, url::Url};
    /// # async fn f(client: Client, url: Url) -> Result<(), gotrue::Error> {
    /// if let Callback::Session(tokens) = Callback::parse(&url) {
    ///     let invited = tokens.kind == FlowKind::Invite;
    ///     let session = client.session_from_callback(tokens).await?;
    ///     println!("welcome, {}", session.user().id);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`UserClient::get`](crate::UserClient::get); if the access token has expired, as [`refresh`](Self::refresh).
    pub async fn session_from_callback(&self, tokens: CallbackSession) -> Result<Session> {
        let CallbackSession { access_token, refresh_token, expires_in, expires_at, .. } = tokens;
        let expires_at = [expires_at.and_then(timestamp), exp(&access_token)].into_iter().flatten().min();
        let remaining = || expires_at.map_or(expires_in, |end| (end - self.server_now()).num_seconds().min(expires_in));
        let session = if remaining() <= 0 {
            self.refresh(refresh_token).await?
        } else {
            match self.session_of_user(access_token, refresh_token.clone(), remaining).await {
                // The response may have corrected a wrong clock.
                Err(error) if error.status().is_some() && remaining() <= 0 => self.refresh(refresh_token).await?,
                session => session?,
            }
        };
        Ok(session.with_provider_tokens(tokens.token_type, tokens.provider_token, tokens.provider_refresh_token))
    }

    /// Creates a session from a pair of tokens. The server is asked for the user, and thereby verifies the access
    /// token.
    pub(crate) async fn session_of_tokens(
        &self,
        access_token: Secret,
        refresh_token: Secret,
        expires_in: i64,
    ) -> Result<Session> {
        self.session_of_user(access_token, refresh_token, || expires_in).await
    }

    /// The remaining seconds are taken after the response, which tells the server's time.
    async fn session_of_user(
        &self,
        access_token: Secret,
        refresh_token: Secret,
        remaining: impl Fn() -> i64,
    ) -> Result<Session> {
        input::secret("refresh token", &refresh_token)?;
        // The lifetime counts from before the request.
        let started = Moment::of(&**self.clock());
        let user = self.user_of(&access_token).await?;
        let session = types::Session {
            access_token,
            refresh_token,
            token_type: "bearer".to_owned(),
            expires_in: remaining(),
            expires_at: None,
            user,
            provider_token: None,
            provider_refresh_token: None,
            weak_password: None,
            id_token: None,
        };
        Ok(Session::requested(session, started))
    }
}

/// Returns the `exp` claim of a token, which is not verified: older servers do not send it as a parameter.
fn exp(token: &Secret) -> Option<DateTime<Utc>> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }

    let payload = URL_SAFE_NO_PAD.decode(token.expose().split('.').nth(1)?).ok()?;
    timestamp(serde_json::from_slice::<Claims>(&payload).ok()?.exp)
}

fn timestamp(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}
