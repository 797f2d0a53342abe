//! OAuth clients of this server: applications whose users sign in with their account on the server.

mod authorize;
mod callback;
pub(crate) mod new_client;
mod token;

use uuid::Uuid;

pub use authorize::{OAuthAuthorizeUrl, OAuthFlow};
pub use callback::OAuthCallback;
pub use new_client::NewOAuthClient;

use crate::{
    client::{Call, Client},
    error::Result,
    input, raw,
    secret::Secret,
    types::OAuthUserInfo,
};

/// How an OAuth client authenticates. It must match the registration (`token_endpoint_auth_method`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// With its id alone (`none`): an application in a browser or on a phone, which cannot keep a secret.
    Public,
    /// With HTTP Basic (`client_secret_basic`).
    SecretBasic(Secret),
    /// With the secret in the body (`client_secret_post`).
    SecretPost(Secret),
}

impl From<Secret> for ClientAuthentication {
    /// Returns authentication with HTTP Basic, the server's default.
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

/// An OAuth client of this server. From [`Client::oauth_app`].
///
/// ```
/// # use gotrue::{Client, oauth::{ClientAuthentication, OAuthCallback}, url::Url};
/// # async fn f(client: Client, url_of_the_request: Url) -> Result<(), gotrue::Error> {
/// let id = gotrue::uuid::uuid!("495a8cfc-297a-4b71-93bf-9799cc4a93ce");
/// let app = client.oauth_app(id, ClientAuthentication::Public);
/// let (url, flow) = app.authorize("https://spa.example.com/cb").scopes(["openid", "email"]).start()?;
/// // … open the URL in the browser, which comes back with a code and the state …
/// let tokens = app.exchange(&flow, &OAuthCallback::parse(&url_of_the_request)).await?;
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
    /// Returns an application that is registered with this server as an OAuth client: a public one, or a confidential
    /// one with its secret. A plain secret is sent with HTTP Basic.
    #[must_use]
    pub fn oauth_app(&self, client_id: Uuid, authentication: impl Into<ClientAuthentication>) -> OAuthApp {
        OAuthApp::new(self.clone(), client_id, authentication.into())
    }
}

impl OAuthApp {
    pub(crate) fn new(client: Client, client_id: Uuid, authentication: ClientAuthentication) -> Self {
        Self { client, client_id, authentication }
    }

    /// Returns the claims about a user that the scopes of the access token permit (`GET /oauth/userinfo`).
    ///
    /// # Errors
    /// `bad_jwt` if the token has expired; `session_not_found` if the user revoked the consent.
    pub async fn user_info(&self, access_token: impl Into<Secret>) -> Result<OAuthUserInfo> {
        let call = self.client.call_as(&access_token.into())?;
        call.finish(call.raw.oauth_userinfo()).await
    }

    /// Returns the generated client, with the id and secret if they are sent with HTTP Basic. Otherwise they belong in
    /// the body.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the secret is empty.
    pub fn raw(&self) -> Result<raw::Client> {
        self.call().map(|call| call.raw)
    }

    /// Returns a call with the credentials of this client.
    fn call(&self) -> Result<Call> {
        match &self.authentication {
            ClientAuthentication::Public => Ok(self.client.raw_call()),
            ClientAuthentication::SecretBasic(secret) => self.client.call_as_oauth_client(self.client_id, secret),
            ClientAuthentication::SecretPost(secret) => {
                input::secret("client secret", secret).map(|()| self.client.raw_call())
            }
        }
    }

    /// Returns the credentials that are sent in the body.
    fn credentials_in_body(&self) -> (Option<Uuid>, Option<Secret>) {
        match &self.authentication {
            ClientAuthentication::Public => (Some(self.client_id), None),
            ClientAuthentication::SecretBasic(_) => (None, None),
            ClientAuthentication::SecretPost(secret) => (Some(self.client_id), Some(secret.clone())),
        }
    }
}
