//! Administration with the service key.

mod audit;
mod custom_providers;
mod generate_link;
mod invite;
mod link_header;
mod oauth_clients;
mod page;
mod sso_providers;
mod users;

pub use audit::AuditLog;
pub use custom_providers::{CreateCustomProvider, CustomProviders, OAuth2Endpoints, UpdateCustomProvider};
pub use generate_link::{GenerateLink, GeneratedLink};
pub use invite::Invite;
pub use oauth_clients::{OAuthClients, UpdateOAuthClient};
pub use page::Page;
pub use sso_providers::{CreateSsoProvider, ListSsoProviders, SsoProviders, UpdateSsoProvider};
pub use users::{AdminFactors, AdminPasskeys, CreateUser, ListUsers, UpdateUser, Users};

use reqwest::Method;

use crate::{
    client::{Call, Client, ClientBuilder, Environment},
    error::{Error, Result},
    raw::{self, ResponseValue},
    secret::Secret,
    types::SignOutScope,
};

/// A client that acts with the service key. For servers only: the key grants full access.
///
/// Only this client stores the key; no sign-in can read or change it. Each call fails with `not_admin` or `bad_jwt` if
/// the key is not a service key.
///
/// ```
/// use gotrue::admin::{CreateUser, GenerateLink, Invite};
///
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let admin = client.admin("service-key");
/// let ada = admin.users().create(CreateUser::email("ada@example.com").confirm_email()).await?;
/// let link = admin.generate_link(GenerateLink::magic_link("ada@example.com")).await?;
/// let grace = admin.invite(Invite::email("grace@example.com")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AdminClient {
    client: Client,
    service_key: Secret,
}

impl Client {
    /// Returns a client that acts with the service key. This client does not store the key.
    #[must_use]
    pub fn admin(&self, service_key: impl Into<Secret>) -> AdminClient {
        AdminClient::new(self.clone(), service_key.into())
    }
}

impl AdminClient {
    /// Creates a client from the environment: the server as in [`Client::from_env`], with `GOTRUE_SERVICE_KEY` for
    /// `GOTRUE_URL`, and with `SUPABASE_SECRET_KEY` or the older `SUPABASE_SERVICE_ROLE_KEY` for `SUPABASE_URL`.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if there is no service key, otherwise as [`Client::new`].
    pub fn from_env() -> Result<Self> {
        let mut environment = Environment::read();
        let expected = "is missing: set GOTRUE_SERVICE_KEY for GOTRUE_URL, or SUPABASE_SECRET_KEY for SUPABASE_URL";
        let key = environment.service_key.take().ok_or_else(|| Error::invalid("service key", expected))?;
        Ok(ClientBuilder::from_environment(environment).build()?.admin(key))
    }

    pub(crate) fn new(client: Client, service_key: Secret) -> Self {
        Self { client, service_key }
    }

    /// Returns the API for users, their factors and their passkeys.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(self.clone())
    }

    /// Returns a query of the audit log. Sends no request yet.
    pub fn audit_log(&self) -> AuditLog {
        AuditLog::new(self.clone())
    }

    /// Returns the API for SSO identity providers (SAML).
    #[must_use]
    pub fn sso_providers(&self) -> SsoProviders {
        SsoProviders::new(self.clone())
    }

    /// Returns the API for custom OAuth and OpenID Connect providers.
    #[must_use]
    pub fn custom_providers(&self) -> CustomProviders {
        CustomProviders::new(self.clone())
    }

    /// Returns the API for the OAuth clients of this server.
    #[must_use]
    pub fn oauth_clients(&self) -> OAuthClients {
        OAuthClients::new(self.clone())
    }

    /// Signs out the user of this access token (`POST /logout`).
    ///
    /// The server identifies the user by the token alone, so the service key is not sent. To lock out a user whose
    /// token is not available, use [`Users::ban`].
    ///
    /// # Errors
    /// `session_not_found` if the session has already ended, `bad_jwt` if the token has expired.
    pub async fn sign_out(&self, access_token: impl Into<Secret>, scope: SignOutScope) -> Result<()> {
        let call = self.client.call_as(&access_token.into())?;
        call.finish(call.raw.sign_out(Some(scope))).await
    }

    /// Calls an operation of the [generated client](raw) with the service key, for what this client has no method for.
    /// See [`Client::call`].
    ///
    /// ```
    /// # async fn f(admin: gotrue::AdminClient, id: gotrue::uuid::Uuid) -> Result<(), gotrue::Error> {
    /// let user = admin.call(async |raw| raw.admin_get_user(&id).await).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the key is empty or cannot be sent, otherwise the error of the operation.
    pub async fn call<T, F>(&self, operation: impl FnOnce(raw::Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    {
        self.raw_call()?.run(operation).await
    }

    /// Creates a request with any method and path and the service key. See [`Client::request`].
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the key is empty or cannot be sent.
    pub fn request(&self, method: Method, path: impl Into<String>) -> Result<raw::Request> {
        Ok(self.raw_call()?.request(method, path))
    }

    /// Returns the generated client with the service key. [`call`](Self::call) also converts its errors.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the key is empty or cannot be sent.
    pub fn raw(&self) -> Result<raw::Client> {
        self.raw_call().map(|call| call.raw)
    }

    fn raw_call(&self) -> Result<Call> {
        self.client.call_with_key("service key", &self.service_key)
    }
}
