//! What can be chosen about a client.

use std::{env, sync::Arc, time::Duration};

use chrono::NaiveDate;
use reqwest::{
    header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT},
    redirect::Policy,
};
use url::Url;

use super::Client;
use crate::{
    clock::{Clock, ClockSkew, SystemClock},
    error::{Error, Result},
    secret::Secret,
    transport::{ApiKey, LARGEST_REPLY, RETRIES, Settings, Transport, secret_header},
};

/// A server on this machine, as it listens by default.
const DEFAULT_BASE_URL: &str = "http://0.0.0.0:9999";

/// The version of error bodies that is asked for. It is the newest; older servers take no notice.
const API_VERSION: &str = "2024-01-01";

const NAME: &str = concat!("gotrue-rs/", env!("CARGO_PKG_VERSION"));

/// Headers that are not the caller's to set.
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
    http: reqwest::ClientBuilder,
    headers: Vec<(String, Secret)>,
    timeout: Duration,
    connect_timeout: Duration,
    retries: usize,
    largest_reply: usize,
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
    /// A server on this machine at `http://0.0.0.0:9999`, without an API key.
    pub fn new() -> Self {
        Self {
            base_url: DEFAULT_BASE_URL.to_owned(),
            api_key: Secret::default(),
            http: reqwest::Client::builder(),
            headers: Vec::new(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            user_agent: NAME.to_owned(),
            client_info: NAME.to_owned(),
            api_version: API_VERSION.to_owned(),
            retries: RETRIES,
            largest_reply: LARGEST_REPLY,
            clock: Arc::new(SystemClock),
            #[cfg(feature = "trace-context")]
            trace_context: false,
        }
    }

    /// What the environment says, as [`Client::from_env`] reads it.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        // A variable that is set to nothing is as good as not set.
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let hosted = || Some(format!("{}/auth/v1", lookup("SUPABASE_URL")?.trim_end_matches('/')));
        let mut builder = Self::new();
        if let Some(url) = lookup("GOTRUE_URL").or_else(hosted) {
            builder = builder.base_url(url);
        }
        if let Some(key) = lookup("GOTRUE_API_KEY").or_else(|| lookup("SUPABASE_ANON_KEY")) {
            builder = builder.api_key(key);
        }
        builder
    }

    /// The URL of the server, with or without a slash at its end. For a hosted project it ends in `/auth/v1`.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// The key that names the project to a gateway. Never a service key: that is for [`Client::admin`].
    pub fn api_key(mut self, api_key: impl Into<Secret>) -> Self {
        self.api_key = api_key.into();
        self
    }

    /// The beginnings of an HTTP client of your own, with its proxy, certificates and pool. Redirects stay off, whatever it
    /// says: the server's are for browsers and carry tokens, and credentials belong to this server alone.
    ///
    /// ```
    /// # fn f() -> Result<(), gotrue::Error> {
    /// let http = gotrue::reqwest::Client::builder().pool_max_idle_per_host(4);
    /// let client = gotrue::Client::builder().http_client(http).build()?;
    /// # Ok(()) }
    /// # f().unwrap();
    /// ```
    pub fn http_client(mut self, http: reqwest::ClientBuilder) -> Self {
        self.http = http;
        self
    }

    /// A header for every request, such as one that a gateway asks for. Its value counts as a secret.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How long a call may take in all, retries included. Default: 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long it may take to connect. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How often a call is sent again at most; 0 switches it off. Default: 3.
    ///
    /// Only what can do no harm is sent again: an operation that changes nothing, and a refresh, when the connection
    /// broke or the server or a gateway was busy; any other, such as a sign-in, when there was no connection at all. The
    /// waits grow from 200 milliseconds, with jitter; a `Retry-After` of up to five seconds is waited for.
    pub fn retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// How large a reply may be, in bytes. A larger one is an [`Error::UnreadableReply`]. Default: 32 MiB.
    pub fn largest_reply(mut self, bytes: usize) -> Self {
        self.largest_reply = bytes;
        self
    }

    /// The header `User-Agent`, which the server keeps with each session. Default: the name and version of this crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The header `X-Client-Info`. Default: the name and version of this crate.
    pub fn client_info(mut self, client_info: impl Into<String>) -> Self {
        self.client_info = client_info.into();
        self
    }

    /// The header `X-Supabase-Api-Version`, a date, which decides on the form of error bodies. Default: `2024-01-01`.
    /// Every form is understood.
    pub fn api_version(mut self, api_version: impl Into<String>) -> Self {
        self.api_version = api_version.into();
        self
    }

    /// The clock. Default: that of this machine.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sends the trace context of OpenTelemetry (W3C `traceparent`) with each request, by the application's own
    /// propagator. Default: off.
    #[cfg(feature = "trace-context")]
    pub fn trace_context(mut self, send: bool) -> Self {
        self.trace_context = send;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when something of it cannot be used.
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
            largest_reply: self.largest_reply,
            clock: self.clock,
            skew: ClockSkew::default(),
            #[cfg(feature = "trace-context")]
            trace_context: self.trace_context,
        };
        let http = self.http.connect_timeout(self.connect_timeout).redirect(Policy::none()).build();
        let http = http.map_err(|error| Error::invalid("HTTP client", error.to_string()))?;
        let transport = Transport::new(Arc::new(settings), api_key);
        Ok(Client { base_url, http, transport, keys: Arc::default() })
    }

    fn all_headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, header_value("user agent", &self.user_agent)?);
        headers.insert("x-client-info", header_value("client info", &self.client_info)?);
        NaiveDate::parse_from_str(&self.api_version, "%Y-%m-%d")
            .map_err(|_| Error::invalid("API version", "is not a date such as 2024-01-01"))?;
        headers.insert("x-supabase-api-version", header_value("API version", &self.api_version)?);
        for (name, value) in &self.headers {
            let name =
                HeaderName::try_from(name).map_err(|_| Error::invalid("header", "has a name that is not valid"))?;
            if OWN_HEADERS.contains(&name.as_str()) {
                return Err(Error::invalid("header", format!("{name} is set by the client itself")));
            }
            headers.insert(name, secret_header("header", value.expose())?);
        }
        Ok(headers)
    }
}

fn parse_base_url(text: &str) -> Result<Url> {
    let invalid = |why: &str| Error::invalid("base URL", why.to_owned());
    if text.trim().is_empty() {
        return Err(invalid("is empty"));
    }
    let mut url = Url::parse(text.trim()).map_err(|error| invalid(&format!("is not valid: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("holds credentials, which would end up in logs"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("has a query or a fragment"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn header_value(what: &'static str, value: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(value).map_err(|_| Error::invalid(what, "has characters that cannot be sent in a header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> ClientBuilder {
        ClientBuilder::from_lookup(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_is_read() {
        let own = from(&[("GOTRUE_URL", "http://a:1/x/"), ("GOTRUE_API_KEY", "k"), ("SUPABASE_URL", "http://b")]);
        assert_eq!((own.base_url.as_str(), own.api_key.expose()), ("http://a:1/x/", "k"));
        let hosted = from(&[("SUPABASE_URL", "https://p.supabase.co/"), ("SUPABASE_ANON_KEY", "anon")]);
        assert_eq!((hosted.base_url.as_str(), hosted.api_key.expose()), ("https://p.supabase.co/auth/v1", "anon"));
        let none = from(&[("GOTRUE_URL", ""), ("GOTRUE_API_KEY", "")]);
        assert_eq!((none.base_url.as_str(), none.api_key.expose()), (DEFAULT_BASE_URL, ""));
    }
}
