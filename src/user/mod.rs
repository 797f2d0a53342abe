//! The operations of a signed-in user.

mod call;
mod identities;
mod mfa;
mod oauth;
mod passkeys;
mod update;

pub use identities::{Identities, LinkUrl};
pub use mfa::{
    Assurance, EnrollPhone, EnrollTotp, FactorChallenge, Factors, Mfa, RecoveryCodes, TotpFactor, WebAuthnChallenge,
};
pub use oauth::OAuthConsents;
pub use passkeys::Passkeys;
pub use update::ProfileUpdate;

use std::sync::Arc;

use reqwest::Method;

use self::call::UserCall;
use crate::{
    client::{Call, Client},
    error::Result,
    platform::MaybeSend,
    raw::{self, ResponseValue},
    secret::Secret,
    session::{Session, SessionChange, TokenSource},
    transport::Transport,
    types::{MessageSent, SignOutScope, User},
};

/// A client that acts for one user. Cheap to clone.
///
/// [`Client::user`] creates one with a fixed access token. [`SessionManager::user`](crate::SessionManager::user)
/// creates one for the signed-in user: it uses a fresh access token for each call and updates the managed session from
/// the responses.
///
/// Each call fails with `bad_jwt` if the access token has expired, and with `session_not_found`, `user_not_found` or
/// `user_banned` if the session has ended ([`Error::ends_session`](crate::Error::ends_session)). With a
/// `SessionManager`, each call also fails as [`SessionManager::access_token`](crate::SessionManager::access_token)
/// does.
///
/// ```
/// # async fn f(client: gotrue::Client, session: gotrue::Session) -> Result<(), gotrue::Error> {
/// let user = client.user(session.access_token()).get().await?;
/// println!("{:?}", user.email);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct UserClient {
    client: Client,
    tokens: Tokens,
}

/// The source of the access token of a call.
#[derive(Clone, Debug)]
enum Tokens {
    /// With the transport for it, or the error of a token that cannot be sent.
    Fixed(Secret, Result<Transport>),
    Managed(Arc<dyn TokenSource>),
}

impl Client {
    /// Returns a client that acts for the user of this access token. Sends no request.
    #[must_use]
    pub fn user(&self, access_token: impl Into<Secret>) -> UserClient {
        let access_token = access_token.into();
        let transport = self.transport_as(&access_token);
        UserClient { client: self.clone(), tokens: Tokens::Fixed(access_token, transport) }
    }

    /// Returns a client that acts for the user whose access tokens come from this source.
    pub(crate) fn managed_user(&self, tokens: Arc<dyn TokenSource>) -> UserClient {
        UserClient { client: self.clone(), tokens: Tokens::Managed(tokens) }
    }
}

impl UserClient {
    /// Returns the current user from the server (`GET /user`), which also checks the access token and its session.
    pub async fn get(&self) -> Result<User> {
        let call = self.user_call().await?;
        call.finish(call.raw.get_user(None)).await
    }

    /// Ends sessions of the user (`POST /logout`): this one with [`SignOutScope::Local`], all others with
    /// [`SignOutScope::Others`], all of them with [`SignOutScope::Global`].
    ///
    /// With a `SessionManager`, this is [`SessionManager::sign_out`](crate::SessionManager::sign_out).
    pub async fn sign_out(&self, scope: SignOutScope) -> Result<()> {
        if let Tokens::Managed(source) = &self.tokens {
            return source.sign_out(scope).await;
        }
        let call = self.user_call().await?;
        call.finish(call.raw.sign_out(Some(scope))).await
    }

    /// Sends the user a code that confirms a password change (`GET /reauthenticate`), for [`ProfileUpdate::nonce`].
    pub async fn reauthenticate(&self) -> Result<MessageSent> {
        let call = self.user_call().await?;
        call.finish(call.raw.reauthenticate(None)).await
    }

    /// Calls an operation of the [generated client](raw) with the user's access token, for operations without a method
    /// here. See [`Client::call`].
    ///
    /// A managed session is not updated from the response.
    ///
    /// ```
    /// # async fn f(user: gotrue::UserClient) -> Result<(), gotrue::Error> {
    /// let ada = user.call(async |raw| raw.get_user(None).await).await?;
    /// println!("{}", ada.id);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the access token is empty or cannot be sent in a header,
    /// otherwise the error of the operation.
    pub async fn call<T, F>(&self, operation: impl FnOnce(raw::Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    {
        self.user_call().await?.run(operation).await
    }

    /// Creates a request with any method and path and the user's access token. See [`Client::request`].
    ///
    /// A managed session is not updated from the response.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the access token is empty or cannot be sent in a header.
    pub async fn request(&self, method: Method, path: impl Into<String>) -> Result<raw::Request> {
        Ok(self.user_call().await?.request(method, path))
    }

    /// Returns the generated client, with the user's access token for the operations that take one.
    /// [`call`](Self::call) also converts its errors.
    ///
    /// A managed session is not updated from its responses, and does not end with its errors.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the access token is empty or cannot be sent in a header.
    pub async fn raw(&self) -> Result<raw::Client> {
        Ok(self.user_call().await?.into_raw())
    }

    async fn access_token(&self) -> Result<Secret> {
        match &self.tokens {
            Tokens::Fixed(token, _) => Ok(token.clone()),
            Tokens::Managed(source) => source.access_token().await,
        }
    }

    /// Starts a call for this user.
    async fn user_call(&self) -> Result<UserCall> {
        match &self.tokens {
            Tokens::Fixed(_, transport) => Ok(UserCall::new(self.client.call_with(transport.clone()?), None)),
            Tokens::Managed(source) => self.user_call_with(source.access_token().await?),
        }
    }

    /// Starts a call with an access token of this user.
    fn user_call_with(&self, token: Secret) -> Result<UserCall> {
        let call = self.client.call_as(&token)?;
        let managed = match &self.tokens {
            Tokens::Fixed(..) => None,
            Tokens::Managed(source) => Some((source.clone(), token)),
        };
        Ok(UserCall::new(call, managed))
    }

    /// Makes a call that returns a session, which replaces the current one of a managed user.
    async fn replace_session<F>(
        &self,
        change: SessionChange,
        call: impl FnOnce(Call) -> F + Send + 'static,
    ) -> Result<Session>
    where
        F: Future<Output = Result<Session>> + MaybeSend + 'static,
    {
        match &self.tokens {
            Tokens::Fixed(_, transport) => call(self.client.call_with(transport.clone()?)).await,
            Tokens::Managed(source) => {
                let client = self.client.clone();
                let call = |token: Secret| async move { call(client.call_as(&token)?).await };
                source.replace_session(change, Box::new(|token| Box::pin(call(token)))).await
            }
        }
    }

    /// Makes a call that returns the updated user, who replaces the one in a managed session.
    async fn update_user<F>(&self, call: impl FnOnce(Call) -> F + Send + 'static) -> Result<User>
    where
        F: Future<Output = Result<User>> + MaybeSend + 'static,
    {
        match &self.tokens {
            Tokens::Fixed(_, transport) => call(self.client.call_with(transport.clone()?)).await,
            Tokens::Managed(source) => {
                let client = self.client.clone();
                let call = |token: Secret| async move { call(client.call_as(&token)?).await };
                source.update_user(Box::new(|token| Box::pin(call(token)))).await
            }
        }
    }
}
