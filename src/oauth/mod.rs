//! An application that signs people in through this server, as its OAuth client.

mod authorize;
mod register;
mod token;

use uuid::Uuid;

pub use authorize::{OAuthAuthorizeUrl, OAuthFlow};
pub use register::RegisterOAuthClient;

use crate::{
    client::{Call, Client},
    error::Result,
    input, raw,
    secret::Secret,
    types::OAuthUserInfo,
};

/// How an OAuth client authenticates, as it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// By its id alone: an application in a browser or on a phone, which cannot keep a secret.
    Public,
    /// By HTTP Basic (`client_secret_basic`).
    SecretBasic(Secret),
    /// In the body (`client_secret_post`).
    SecretPost(Secret),
}

impl From<Secret> for ClientAuthentication {
    /// By HTTP Basic, which is the server's default.
    fn from(secret: Secret) -> Self {
        Self::SecretBasic(secret)
    }
}

impl From<String> for ClientAuthentication {
    fn from(secret: String) -> Self {
        Self::SecretBasic(secret.into())
    }
}

impl From<&str> for ClientAuthentication {
    fn from(secret: &str) -> Self {
        Self::SecretBasic(secret.into())
    }
}

impl From<&Secret> for ClientAuthentication {
    fn from(secret: &Secret) -> Self {
        Self::SecretBasic(secret.clone())
    }
}

/// Acts for an OAuth client of this server. From [`Client::oauth_app`].
///
/// ```
/// # use gotrue::{Client, oauth::ClientAuthentication};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let id = gotrue::uuid::uuid!("495a8cfc-297a-4b71-93bf-9799cc4a93ce");
/// let app = client.oauth_app(id, ClientAuthentication::Public);
/// let (url, flow) = app.authorize("https://spa.example.com/cb").scopes(["openid", "email"]).begin()?;
/// // … the browser goes to the URL, and comes back with a code and the state …
/// let (code, state) = ("54bbf348-882f-46c3-beaa-0b95b6cc29d0", flow.state().expose().to_owned());
/// let tokens = app.exchange(&flow, code, &state).await?;
/// let claims = app.user_info(&tokens.access_token).await?;
/// println!("{} {:?}", claims.sub, claims.email);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct OAuthApp {
    client: Client,
    client_id: Uuid,
    authentication: ClientAuthentication,
}

impl Client {
    /// Acts for an application that is registered with this server as an OAuth client: a public one, or a confidential
    /// one with its secret. A secret alone is sent by HTTP Basic.
    #[must_use]
    pub fn oauth_app(&self, client_id: Uuid, authentication: impl Into<ClientAuthentication>) -> OAuthApp {
        OAuthApp::new(self.clone(), client_id, authentication.into())
    }
}

impl OAuthApp {
    pub(crate) fn new(client: Client, client_id: Uuid, authentication: ClientAuthentication) -> Self {
        Self { client, client_id, authentication }
    }

    /// The claims about a user that the scopes of an access token permit (`GET /oauth/userinfo`).
    ///
    /// # Errors
    /// `bad_jwt` when the token has expired; `session_not_found` when the user took the consent back.
    pub async fn user_info(&self, access_token: impl Into<Secret>) -> Result<OAuthUserInfo> {
        let call = self.client.call_as(&access_token.into())?;
        call.answer(call.raw.oauth_userinfo().await).await
    }

    /// The generated client, with the id and secret if they are sent by HTTP Basic. Otherwise they belong in the
    /// body.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when the secret is empty.
    pub fn raw(&self) -> Result<raw::Client> {
        self.call().map(|call| call.raw)
    }

    /// A call of this client.
    fn call(&self) -> Result<Call> {
        match &self.authentication {
            ClientAuthentication::Public => Ok(self.client.raw_call()),
            ClientAuthentication::SecretBasic(secret) => self.client.call_as_oauth_client(self.client_id, secret),
            ClientAuthentication::SecretPost(secret) => {
                input::secret("client secret", secret).map(|()| self.client.raw_call())
            }
        }
    }

    /// What of the credentials goes into the body.
    fn credentials_in_body(&self) -> (Option<Uuid>, Option<Secret>) {
        match &self.authentication {
            ClientAuthentication::Public => (Some(self.client_id), None),
            ClientAuthentication::SecretBasic(_) => (None, None),
            ClientAuthentication::SecretPost(secret) => (Some(self.client_id), Some(secret.clone())),
        }
    }
}
