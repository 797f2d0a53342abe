//! The stateless client.

mod builder;
mod call;
mod discovery;
mod environment;
mod http_client;
pub(crate) mod keys;

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use reqwest::Method;
use url::Url;
use uuid::Uuid;

use self::keys::KeyCache;
use crate::{
    clock::Clock,
    error::Result,
    operation::Operation,
    raw::{self, ResponseValue},
    secret::Secret,
    transport::Transport,
    types,
};

pub use builder::ClientBuilder;
pub(crate) use call::Call;
pub(crate) use environment::Environment;

/// A client for one server. It contains no user, is cheap to clone, and is safe to share between users and tasks.
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
    http: reqwest::Client,
    transport: Transport,
    keys: Arc<KeyCache>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.base_url().as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// Creates a client for the server at this URL, with the API key that a gateway in front of it expects. A server
    /// without a gateway needs no key: pass an empty one.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the URL or the key is invalid,
    /// [`Error::HttpClient`](crate::Error::HttpClient) if the system has no root certificates.
    pub fn new(base_url: impl Into<String>, api_key: impl Into<Secret>) -> Result<Self> {
        ClientBuilder::new().base_url(base_url).api_key(api_key).build()
    }

    /// Creates a client from the environment.
    ///
    /// Reads `GOTRUE_URL` and `GOTRUE_API_KEY`; or, if only `SUPABASE_URL` is set, that (`/auth/v1` is added) and
    /// `SUPABASE_PUBLISHABLE_KEY` or the older `SUPABASE_ANON_KEY`. The two families are never mixed. Without a URL,
    /// the server is `http://0.0.0.0:9999`, on this machine.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env().build()
    }

    /// Returns a builder, for everything that can be configured.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Returns the URL of the server.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.transport.settings().base_url
    }

    /// Calls an operation of the [generated client](raw), for operations without a method here.
    ///
    /// Credentials, retries, time-outs and spans are those of every other call, and so is the error: it knows its
    /// [operation](crate::Error::operation) and contains no secrets.
    ///
    /// ```
    /// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
    /// let health = client.call(async |raw| raw.health().await).await?;
    /// println!("{:?}", health.version);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The error of the operation.
    pub async fn call<T, F>(&self, operation: impl FnOnce(raw::Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    {
        self.raw_call().run(operation).await
    }

    /// Creates a request with any method and path, for endpoints that the [generated client](raw) lacks. The path is
    /// relative to the base URL and starts with a slash.
    ///
    /// It is sent with the API key. If the path is that of an operation, the request is sent like that operation;
    /// otherwise it is retried only if its method is safe (GET, HEAD, OPTIONS).
    ///
    /// ```
    /// use gotrue::{reqwest::Method, serde_json::{Value, json}};
    ///
    /// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
    /// let beta: Value = client.request(Method::POST, "/beta").query("page", "1").json(&json!({ "on": true })).send().await?;
    /// # Ok(()) }
    /// ```
    pub fn request(&self, method: Method, path: impl Into<String>) -> raw::Request {
        self.raw_call().request(method, path)
    }

    /// Returns the generated client, with the API key only. [`call`](Self::call) also converts its errors.
    #[must_use]
    pub fn raw(&self) -> raw::Client {
        self.raw_with(self.transport.clone())
    }

    /// Returns the public settings of the server, such as the sign-in methods that are enabled (`GET /settings`).
    pub async fn settings(&self) -> Result<types::Settings> {
        let call = self.raw_call();
        call.finish(call.raw.settings()).await
    }

    /// Checks that the server is up, and returns its version (`GET /health`).
    pub async fn health(&self) -> Result<types::Health> {
        let call = self.raw_call();
        call.finish(call.raw.health()).await
    }

    /// Returns the public keys that verify access tokens (`GET /.well-known/jwks.json`, RFC 7517). The list is empty if
    /// the server signs with a shared secret.
    pub async fn jwks(&self) -> Result<types::JwkSet> {
        let call = self.raw_call();
        call.finish(call.raw.jwks()).await
    }

    /// Returns the user of an access token (`GET /user`).
    pub(crate) async fn user_of(&self, access_token: &Secret) -> Result<types::User> {
        let call = self.call_as(access_token)?;
        call.finish(call.raw.get_user(None)).await
    }

    /// Returns the cache of the public keys.
    pub(crate) fn keys(&self) -> &Arc<KeyCache> {
        &self.keys
    }

    /// Returns the server's time minus this machine's, or `None` before the first response.
    #[must_use]
    pub fn clock_skew(&self) -> Option<chrono::Duration> {
        self.transport.settings().skew.get()
    }

    /// Returns the time by the server's clock, or by this machine's if the former is not known.
    pub(crate) fn server_now(&self) -> DateTime<Utc> {
        self.clock().now() + self.clock_skew().unwrap_or_default()
    }

    /// Returns the maximum duration of a call.
    pub(crate) fn timeout(&self) -> std::time::Duration {
        self.transport.settings().timeout
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.transport.settings().clock
    }

    /// Returns the URL of an operation that a browser opens. The path is that of the document.
    pub(crate) fn browser_url(&self, operation_id: &str) -> Url {
        self.transport.url(Operation::by_id(operation_id).map_or("", |operation| operation.path))
    }

    /// Prepares a call with the API key only.
    pub(crate) fn raw_call(&self) -> Call {
        self.call_with(self.transport.clone())
    }

    /// Prepares a call as a user.
    pub(crate) fn call_as(&self, access_token: &Secret) -> Result<Call> {
        Ok(self.call_with(self.transport_as(access_token)?))
    }

    /// Returns the transport of calls as a user.
    pub(crate) fn transport_as(&self, access_token: &Secret) -> Result<Transport> {
        self.transport.clone().with_access_token(access_token)
    }

    /// Prepares a call as an OAuth client.
    pub(crate) fn call_as_oauth_client(&self, client_id: Uuid, secret: &Secret) -> Result<Call> {
        let transport = self.transport.clone().with_oauth_client(client_id, secret)?;
        Ok(self.call_with(transport))
    }

    /// Prepares a call with another API key.
    pub(crate) fn call_with_key(&self, what: &'static str, key: &Secret) -> Result<Call> {
        let transport = self.transport.with_api_key(what, key)?;
        Ok(self.call_with(transport))
    }

    /// Prepares a call through this transport.
    pub(crate) fn call_with(&self, transport: Transport) -> Call {
        Call { raw: self.raw_with(transport) }
    }

    fn raw_with(&self, transport: Transport) -> raw::Client {
        raw::Client { client: self.http.clone(), inner: transport.for_one_call() }
    }
}
