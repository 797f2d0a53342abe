//! The stateless client.

mod builder;
mod call;
mod discovery;
pub(crate) mod keys;

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use url::Url;
use uuid::Uuid;

use self::keys::KeyCache;
use crate::{
    clock::{Clock, Moment},
    error::Result,
    operation::Operation,
    raw,
    secret::Secret,
    transport::Transport,
    types,
};

pub use builder::ClientBuilder;
pub(crate) use call::Call;

/// A client for one server. It holds no user, is cheap to clone, and is safe to share between users and tasks.
///
/// ```
/// use gotrue::Client;
///
/// # fn f() -> Result<(), gotrue::Error> {
/// let client = Client::new("https://project.supabase.co/auth/v1", "anon-key")?;
/// let local = Client::builder().base_url("http://127.0.0.1:9999/").build()?;
/// assert_eq!(local.base_url().as_str(), "http://127.0.0.1:9999/");
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Clone)]
pub struct Client {
    base_url: Url,
    http: reqwest::Client,
    transport: Transport,
    keys: Arc<KeyCache>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.base_url.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the server at this URL, with the API key that a gateway in front of it asks for. A server without
    /// a gateway needs none: give an empty one.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when the URL or the key cannot be used.
    pub fn new(base_url: impl Into<String>, api_key: impl Into<Secret>) -> Result<Self> {
        ClientBuilder::new().base_url(base_url).api_key(api_key).build()
    }

    /// A client as the environment says: `GOTRUE_URL` and `GOTRUE_API_KEY`, or `SUPABASE_URL` (to which `/auth/v1` is
    /// added) and `SUPABASE_ANON_KEY`. Without a URL it is `http://0.0.0.0:9999`, a server on this machine.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when what is there cannot be used.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env().build()
    }

    /// A client with more to choose.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// The URL of the server.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The generated client, with the API key only.
    #[must_use]
    pub fn raw(&self) -> raw::Client {
        self.raw_with(&self.transport)
    }

    /// Which ways to sign up and in the server has switched on (`GET /settings`).
    pub async fn settings(&self) -> Result<types::Settings> {
        let call = self.call();
        call.answer(call.raw.settings().await).await
    }

    /// Whether the server is up, and its version (`GET /health`).
    pub async fn health(&self) -> Result<types::Health> {
        let call = self.call();
        call.answer(call.raw.health().await).await
    }

    /// The public keys that verify access tokens (`GET /.well-known/jwks.json`, RFC 7517). None when the server signs
    /// with a shared secret.
    pub async fn jwks(&self) -> Result<types::JwkSet> {
        let call = self.call();
        call.answer(call.raw.jwks().await).await
    }

    /// The user of an access token (`GET /user`).
    pub(crate) async fn user_of(&self, access_token: &Secret) -> Result<types::User> {
        let call = self.call_as(access_token)?;
        call.answer(call.raw.get_user(None).await).await
    }

    /// The public keys as they were last fetched.
    pub(crate) fn keys(&self) -> &Arc<KeyCache> {
        &self.keys
    }

    /// The server's time minus this machine's, as far as the replies so far have told.
    #[must_use]
    pub fn clock_skew(&self) -> Option<chrono::Duration> {
        self.transport.settings().skew.get()
    }

    /// The time by the server's clock, as far as it is known.
    pub(crate) fn server_now(&self) -> DateTime<Utc> {
        self.clock().now() + self.clock_skew().unwrap_or_default()
    }

    /// The time that a call may take.
    pub(crate) fn timeout(&self) -> std::time::Duration {
        self.transport.settings().timeout
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.transport.settings().clock
    }

    /// The URL of an operation that a browser opens. The path is the document's.
    pub(crate) fn browser_url(&self, operation_id: &str) -> Url {
        let mut url = self.base_url.clone();
        let path = Operation::by_id(operation_id).map_or("", |operation| operation.path);
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        url
    }

    /// A call with the API key only.
    pub(crate) fn call(&self) -> Call {
        self.call_with(&self.transport)
    }

    /// A call of a user.
    pub(crate) fn call_as(&self, access_token: &Secret) -> Result<Call> {
        let transport = self.transport.clone().with_access_token(access_token)?;
        Ok(self.call_with(&transport))
    }

    /// A call of an OAuth client.
    pub(crate) fn call_as_oauth_client(&self, client_id: Uuid, secret: &Secret) -> Result<Call> {
        let transport = self.transport.clone().with_oauth_client(client_id, secret)?;
        Ok(self.call_with(&transport))
    }

    /// A call with another API key.
    pub(crate) fn call_with_key(&self, what: &'static str, key: &Secret) -> Result<Call> {
        let transport = self.transport.with_api_key(what, key)?;
        Ok(self.call_with(&transport))
    }

    fn call_with(&self, transport: &Transport) -> Call {
        Call { raw: self.raw_with(transport), started: Moment::of(&**self.clock()) }
    }

    fn raw_with(&self, transport: &Transport) -> raw::Client {
        let base_url = self.base_url.as_str().trim_end_matches('/');
        raw::Client::new_with_client(base_url, self.http.clone(), transport.for_one_call())
    }
}
