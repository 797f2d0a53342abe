//! What a redirect brought.

use super::AuthorizationCode;
use crate::{
    auth::{
        callback::{Callback, CallbackSession},
        flow::{FlowKind, PkceFlows},
    },
    client::Client,
    clock::Moment,
    error::{Error, Result},
    input,
    secret::Secret,
    session::Session,
    types,
};

/// What the end of a flow came to.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub enum CallbackOutcome {
    /// The user is signed in.
    SignedIn {
        /// The session.
        session: Session,
        /// What the flow was begun for.
        kind: FlowKind,
    },
    /// It was the first of the two confirmations of a new e-mail address. The session so far, if there is one, stays.
    ConfirmationPending {
        /// What to do next, in the server's words.
        message: String,
    },
}

impl CallbackOutcome {
    /// The session, if there is one.
    #[must_use]
    pub fn session(self) -> Option<Session> {
        match self {
            Self::SignedIn { session, .. } => Some(session),
            Self::ConfirmationPending { .. } => None,
        }
    }
}

impl Client {
    /// Exchanges the code of a flow for a session, with that flow's verifier and no other. When the exchange fails for
    /// a reason that may pass, the flow stays open, and the same callback can be given once more.
    ///
    /// A callback that holds a whole session is refused: it could be anybody's. Where the application awaits one, as
    /// from an invitation, give it to [`session_from_callback`](Self::session_from_callback).
    ///
    /// # Errors
    /// [`Error::MissingVerifier`] when the flow is not open, or the callback names none;
    /// [`Error::Callback`] when the callback is an error; [`Error::InvalidInput`] when it holds a session, or is not
    /// the server's; those of [`AuthorizationCode`].
    pub async fn sign_in_from_callback(&self, flows: &PkceFlows, callback: &Callback) -> Result<CallbackOutcome> {
        let (code, flow_id) = match callback {
            Callback::Code { code, flow_id } => (code, flow_id.as_deref().ok_or(Error::MissingVerifier)?),
            Callback::Message(message) => return Ok(CallbackOutcome::ConfirmationPending { message: message.clone() }),
            Callback::Error(error) => return Err(error.clone().into()),
            Callback::Session(_) => {
                return Err(Error::invalid("callback", "contains a session, but a code is expected"));
            }
            Callback::NotOurs => return Err(Error::invalid("callback", "is not a redirect from the server")),
        };
        let open = flows.take_open(flow_id)?;
        let kind = open.flow.kind();
        match self.sign_in(AuthorizationCode::new(code, open.flow.verifier().clone())).await {
            Ok(session) => Ok(CallbackOutcome::SignedIn { session, kind }),
            Err(error) => {
                if error.is_retryable() {
                    flows.put(open);
                }
                Err(error)
            }
        }
    }

    /// Makes a session of the tokens that a redirect brought in its fragment. The server is asked for the user
    /// (`GET /user`), and so checks the access token.
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
    /// As [`UserClient::get`](crate::UserClient::get).
    pub async fn session_from_callback(&self, tokens: CallbackSession) -> Result<Session> {
        let CallbackSession { provider_token, provider_refresh_token, token_type, .. } = tokens.clone();
        let session = self.session_of_tokens(tokens.access_token, tokens.refresh_token, tokens.expires_in).await?;
        Ok(session.with_provider_tokens(token_type, provider_token, provider_refresh_token))
    }

    /// Makes a session of a pair of tokens. The server is asked for the user, and so checks the access token.
    pub(crate) async fn session_of_tokens(
        &self,
        access_token: Secret,
        refresh_token: Secret,
        expires_in: i64,
    ) -> Result<Session> {
        input::secret("refresh token", &refresh_token)?;
        let started = Moment::of(&**self.clock());
        let user = self.user_of(&access_token).await?;
        let session = types::Session {
            access_token,
            refresh_token,
            token_type: "bearer".to_owned(),
            expires_in,
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
