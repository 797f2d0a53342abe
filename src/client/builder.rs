//! The configuration of a client.

use std::{sync::Arc, time::Duration};

use chrono::NaiveDate;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use url::Url;

use super::{Client, Environment, http_client};
use crate::{
    clock::{Clock, ClockSkew, SystemClock},
    error::{Error, Result},
    platform::http::SETS_USER_AGENT,
    secret::Secret,
    transport::{ApiKey, MAX_RESPONSE_SIZE, RETRIES, Settings, Transport, secret_header},
};

/// The default address of a server on this machine.
const DEFAULT_BASE_URL: &str = "http://0.0.0.0:9999";

/// The requested version of error bodies. It is the newest; older servers ignore it.
const API_VERSION: &str = "2024-01-01";

const NAME: &str = concat!("gotrue-rs/", env!("CARGO_PKG_VERSION"));

/// Headers that the caller must not set.
const OWN_HEADERS: [&str; 4] = ["apikey", "authorization", "x-supabase-api-version", "content-type"];

/// Builds a [`Client`].
///
/// ```
/// # use std::time::Duration;
/// # fn f() -> Result<(), gotrue::Error> {
/// let client = gotrue::Client::builder()
///     .base_url("https://auth.example.com")
///     .timeout(Duration::from_secs(5))
///     .header("x-tenant", "acme")
///     .build()?;
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Debug)]
#[must_use = "call build"]
pub struct ClientBuilder {
    base_url: String,
    api_key: Secret,
    http: Option<reqwest::ClientBuilder>,
    headers: Vec<(String, Secret)>,
    timeout: Duration,
    connect_timeout: Duration,
    retries: usize,
    max_response_size: usize,
    user_agent: String,
    client_info: String,
    api_version: String,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "trace-context")]
    trace_context: bool,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ClientBuilder {
    /// Creates a builder for a server on this machine, at `http://0.0.0.0:9999`, without an API key.
    pub fn new() -> Self {
        Self {
            base_url: DEFAULT_BASE_URL.to_owned(),
            api_key: Secret::default(),
            http: None,
            headers: Vec::new(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            user_agent: NAME.to_owned(),
            client_info: NAME.to_owned(),
            api_version: API_VERSION.to_owned(),
            retries: RETRIES,
            max_response_size: MAX_RESPONSE_SIZE,
            clock: Arc::new(SystemClock),
            #[cfg(feature = "trace-context")]
            trace_context: false,
        }
    }

    /// Creates a builder from the environment, with the variables of [`Client::from_env`].
    pub fn from_env() -> Self {
        Self::from_environment(Environment::read())
    }

    pub(crate) fn from_environment(environment: Environment) -> Self {
        let builder = Self::new();
        Self {
            base_url: environment.base_url.unwrap_or(builder.base_url),
            api_key: environment.api_key.unwrap_or_default(),
            ..builder
        }
    }

    /// Sets the URL of the server. That of a hosted project ends in `/auth/v1`. Extra slashes are removed.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Sets the API key, which identifies the project to a gateway. Never use a service key here: that is for
    /// [`Client::admin`].
    pub fn api_key(mut self, api_key: impl Into<Secret>) -> Self {
        self.api_key = api_key.into();
        self
    }

    /// Uses this [`reqwest::ClientBuilder`] as the base of the HTTP client (proxy, certificates, pool).
    ///
    /// Redirects are never followed: those of the server are for browsers and contain tokens, and the credentials are
    /// for this server only. The proxies of the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`;
    /// schemes `http`, `https`, `socks4`, `socks4a`, `socks5` and `socks5h`) are used unless this builder has its own,
    /// but never for a server on this machine (`localhost`, loopback addresses). For an `http` server, the root
    /// certificates of the system are not loaded; add those of an `https` proxy to this builder.
    ///
    /// ```
    /// # fn f() -> Result<(), gotrue::Error> {
    /// let http = gotrue::reqwest::Client::builder().pool_max_idle_per_host(4);
    /// let client = gotrue::Client::builder().http_client(http).build()?;
    /// # Ok(()) }
    /// # f().unwrap();
    /// ```
    pub fn http_client(mut self, http: reqwest::ClientBuilder) -> Self {
        self.http = Some(http);
        self
    }

    /// Adds a header to every request, such as one that a gateway expects. Its value is treated as a secret.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the maximum duration of a call, retries included. Default: 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum time to connect. Default: 10 seconds. A browser decides for itself.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the maximum number of retries; 0 disables them. Default: 3.
    ///
    /// Operations that change nothing, and refreshes, are retried if the connection broke or the server or a gateway
    /// was busy. All others, such as a sign-in, are retried only if there was no connection at all. The waits grow from
    /// 200 milliseconds, with jitter. A `Retry-After` of up to five seconds is respected; if it is longer, there is no
    /// retry.
    pub fn retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// Sets the maximum size of a response, in bytes. A larger one is an [`Error::UnreadableResponse`]. Default: 32
    /// MiB.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
        self
    }

    /// Sets the header `User-Agent`, which the server stores with each session. Default: the name and version of this
    /// crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sets the header `X-Client-Info`. Default: the name and version of this crate.
    pub fn client_info(mut self, client_info: impl Into<String>) -> Self {
        self.client_info = client_info.into();
        self
    }

    /// Sets the header `X-Supabase-Api-Version`, a date that selects the format of error bodies. Default: `2024-01-01`.
    /// Every format is understood.
    pub fn api_version(mut self, api_version: impl Into<String>) -> Self {
        self.api_version = api_version.into();
        self
    }

    /// Sets the clock. Default: that of this machine.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets whether the trace context of OpenTelemetry (W3C `traceparent`) is sent with every request, with the
    /// application's own propagator. Default: off.
    #[cfg(feature = "trace-context")]
    pub fn trace_context(mut self, send: bool) -> Self {
        self.trace_context = send;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if a value is invalid, [`Error::HttpClient`] if the HTTP client cannot be built, for
    /// example because the system has no root certificates.
    pub fn build(self) -> Result<Client> {
        let base_url = parse_base_url(&self.base_url)?;
        let api_key = match &self.api_key {
            none if none.is_empty() => None,
            key => Some(ApiKey::new("API key", key)?),
        };
        let headers = self.all_headers()?;
        let settings = Settings {
            base_path: base_url.path().trim_end_matches('/').to_owned(),
            headers,
            timeout: self.timeout,
            retries: self.retries,
            max_response_size: self.max_response_size,
            clock: self.clock,
            skew: ClockSkew::default(),
            #[cfg(feature = "trace-context")]
            trace_context: self.trace_context,
        };
        let http = http_client::build(self.http, &base_url, self.connect_timeout)?;
        let transport = Transport::new(Arc::new(settings), api_key);
        Ok(Client { base_url, http, transport, keys: Arc::default() })
    }

    fn all_headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        let user_agent = header_value("user agent", &self.user_agent)?;
        if SETS_USER_AGENT {
            headers.insert(USER_AGENT, user_agent);
        }
        headers.insert("x-client-info", header_value("client info", &self.client_info)?);
        NaiveDate::parse_from_str(&self.api_version, "%Y-%m-%d")
            .map_err(|_| Error::invalid("API version", "must be a date such as 2024-01-01"))?;
        headers.insert("x-supabase-api-version", header_value("API version", &self.api_version)?);
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name).map_err(|_| Error::invalid("header", "must have a valid name"))?;
            if OWN_HEADERS.contains(&name.as_str()) {
                return Err(Error::invalid("header", format!("{name} must not be set: the client sets it")));
            }
            headers.insert(name, secret_header("header", value.expose())?);
        }
        Ok(headers)
    }
}

fn parse_base_url(text: &str) -> Result<Url> {
    let invalid = |why: &str| Error::invalid("base URL", why.to_owned());
    if text.trim().is_empty() {
        return Err(invalid("must not be empty"));
    }
    let mut url = Url::parse(text.trim()).map_err(|error| invalid(&format!("is invalid: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("must have the scheme http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must not contain credentials"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("must not have a query or a fragment"));
    }
    let path: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let path = path.join("/");
    url.set_path(&path);
    Ok(url)
}

fn header_value(what: &'static str, value: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(value)
        .map_err(|_| Error::invalid(what, "must contain only characters that are allowed in a header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn superfluous_slashes_are_removed_from_a_base_url() {
        for (given, expected) in [
            ("https://p.example.co//auth/v1", "https://p.example.co/auth/v1"),
            ("https://p.example.co/auth//v1///", "https://p.example.co/auth/v1"),
            ("https://p.example.co///", "https://p.example.co/"),
            (" https://p.example.co ", "https://p.example.co/"),
            ("https://p.example.co/a%2F/b", "https://p.example.co/a%2F/b"),
            ("https:/p.example.co", "https://p.example.co/"),
            ("http://p.example.co\\auth\\v1", "http://p.example.co/auth/v1"),
        ] {
            assert_eq!(parse_base_url(given).unwrap().as_str(), expected, "{given}");
        }
    }
}
