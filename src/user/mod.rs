//! What a signed-in user may do.

mod identities;
mod mfa;
mod oauth;
mod passkeys;
mod update;

pub use identities::{Identities, LinkUrl};
pub use mfa::{Assurance, EnrollPhone, EnrollTotp, FactorChallenge, Factors, Mfa, TotpFactor, WebAuthnChallenge};
pub use oauth::OAuthConsents;
pub use passkeys::Passkeys;
pub use update::UserUpdate;

use crate::{
    client::{Call, Client},
    error::Result,
    raw,
    secret::Secret,
    types::{MessageSent, SignOutScope, User},
};

/// Acts for one user, with an access token. Cheap to make, a request at a time.
///
/// Each call fails with `bad_jwt` when the token has expired, and with `session_not_found`, `user_not_found` or
/// `user_banned` when the session is over ([`Error::ends_session`](crate::Error::ends_session)).
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
    access_token: Secret,
}

impl Client {
    /// Acts for the user whose access token this is.
    #[must_use]
    pub fn user(&self, access_token: impl Into<Secret>) -> UserClient {
        UserClient::new(self.clone(), access_token.into())
    }
}

impl UserClient {
    pub(crate) fn new(client: Client, access_token: Secret) -> Self {
        Self { client, access_token }
    }

    /// The user as the server knows them now (`GET /user`). Also the way to have a token checked by the server.
    pub async fn get(&self) -> Result<User> {
        let call = self.call()?;
        call.answer(call.raw.get_user(None).await).await
    }

    /// Ends sessions of the user (`POST /logout`). [`SignOutScope::Local`] ends this one only.
    pub async fn sign_out(&self, scope: SignOutScope) -> Result<()> {
        let call = self.call()?;
        call.answer(call.raw.sign_out(Some(scope)).await).await
    }

    /// Sends the user a code that permits a new password (`GET /reauthenticate`), for
    /// [`UserUpdate::nonce`].
    pub async fn reauthenticate(&self) -> Result<MessageSent> {
        let call = self.call()?;
        call.answer(call.raw.reauthenticate(None).await).await
    }

    /// The generated client, with this user's access token where an operation takes one.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when the token is empty or cannot be sent.
    pub fn raw(&self) -> Result<raw::Client> {
        self.call().map(|call| call.raw)
    }

    /// A call for this user.
    fn call(&self) -> Result<Call> {
        self.client.call_as(&self.access_token)
    }
}
