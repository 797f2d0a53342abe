//! Every header, time-out, retry and trace span is decided here, for all operations alike.

mod attempts;
mod receive;
mod span;

pub(crate) use attempts::RETRIES;
pub(crate) use receive::LARGEST_REPLY;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Request, Response,
    header::{AUTHORIZATION, DATE, HeaderMap, HeaderValue},
};
use tracing::Instrument;
use url::Url;
use uuid::Uuid;

use crate::{
    clock::{Clock, ClockSkew},
    error::{Error, ResponseMeta, Result},
    operation::{Credential, Operation},
    secret::Secret,
};

/// What the raw client carries besides its base URL: who asks, and what has been seen of the answer.
#[derive(Clone, Debug)]
pub struct Transport {
    settings: Arc<Settings>,
    api_key: Option<ApiKey>,
    access_token: Option<HeaderValue>,
    oauth_client: Option<HeaderValue>,
    /// Whether the call does no harm when it is sent twice, though its operation is not safe.
    repeatable: bool,
    response: Arc<Mutex<ResponseMeta>>,
}

/// What all calls of a client share.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The path of the base URL, without a slash at its end.
    pub(crate) base_path: String,
    /// The headers of each request, besides the credentials.
    pub(crate) headers: HeaderMap,
    /// The time a call may take, from the first byte sent to the last received, retries and all.
    pub(crate) timeout: Duration,
    /// How often a call may be sent again.
    pub(crate) retries: usize,
    /// The largest body that is taken, in bytes.
    pub(crate) largest_reply: usize,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) skew: ClockSkew,
    /// Whether the trace context is sent with each request.
    #[cfg(feature = "trace-context")]
    pub(crate) trace_context: bool,
}

impl Transport {
    /// For calls with the API key alone.
    pub(crate) fn new(settings: Arc<Settings>, api_key: Option<ApiKey>) -> Self {
        Self { settings, api_key, access_token: None, oauth_client: None, repeatable: false, response: Arc::default() }
    }

    /// For calls with another API key, of nobody.
    pub(crate) fn with_api_key(&self, what: &'static str, key: &Secret) -> Result<Self> {
        Ok(Self::new(self.settings.clone(), Some(ApiKey::new(what, key)?)))
    }

    /// For calls of a user.
    pub(crate) fn with_access_token(mut self, access_token: &Secret) -> Result<Self> {
        self.access_token = Some(bearer("access token", access_token)?);
        Ok(self)
    }

    /// For calls of an OAuth client with a secret, by HTTP Basic authentication (RFC 6749, 2.3.1).
    pub(crate) fn with_oauth_client(mut self, client_id: Uuid, secret: &Secret) -> Result<Self> {
        if secret.is_empty() {
            return Err(Error::invalid("client secret", "is empty"));
        }
        let credentials = STANDARD.encode(format!("{client_id}:{}", secret.expose()));
        self.oauth_client = Some(secret_header("client secret", &format!("Basic {credentials}"))?);
        Ok(self)
    }

    /// For a call that does no harm when it is sent twice.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same caller, with nothing seen yet.
    pub(crate) fn for_one_call(&self) -> Self {
        Self { response: Arc::default(), ..self.clone() }
    }

    /// What goes into `Authorization`: the user's token or the OAuth client's secret where an operation takes one, else
    /// the API key.
    fn authorization(&self, credential: Credential) -> Option<&HeaderValue> {
        let api_key = || self.api_key.as_ref().map(|key| &key.bearer);
        match credential {
            Credential::User | Credential::OptionalUser => self.access_token.as_ref().or_else(api_key),
            // The server would take a bearer token here for nothing; a public client names itself in the body.
            Credential::OAuthClient => self.oauth_client.as_ref(),
            Credential::None | Credential::Admin => api_key(),
        }
    }

    fn operation(&self) -> Option<&'static Operation> {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).operation
    }

    fn note(&self, update: impl FnOnce(&mut ResponseMeta)) {
        update(&mut self.response.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn response_meta(&self) -> ResponseMeta {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The API key in its two places.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey {
    /// For a gateway, in the header `apikey`.
    plain: HeaderValue,
    /// For the server, where the operation takes no user's token.
    bearer: HeaderValue,
}

impl ApiKey {
    pub(crate) fn new(what: &'static str, key: &Secret) -> Result<Self> {
        Ok(Self { bearer: bearer(what, key)?, plain: secret_header(what, key.expose())? })
    }
}

fn bearer(what: &'static str, token: &Secret) -> Result<HeaderValue> {
    if token.is_empty() {
        return Err(Error::invalid(what, "is empty"));
    }
    secret_header(what, &format!("Bearer {}", token.expose()))
}

/// A secret as a header's value, which no log shows.
pub(crate) fn secret_header(what: &'static str, value: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Error::invalid(what, "has characters that cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Transport {
    /// Prepares a request of an operation: its headers and credential.
    ///
    /// # Errors
    /// Why the request must not be sent.
    pub(crate) fn prepare(&self, request: &mut Request, operation_id: &str) -> Result<(), &'static str> {
        let operation = Operation::by_id(operation_id);
        self.note(|meta| *meta = ResponseMeta::of_request(operation));
        if !operation.is_none_or(|operation| is_at(operation, &self.settings.base_path, request.url())) {
            return Err("path parameter is empty or leaves its place");
        }
        let headers = request.headers_mut();
        // The generator's own; the server does not know it and its CORS policy forbids it.
        headers.remove("api-version");
        headers.reserve(self.settings.headers.len() + 2);
        for (name, value) in &self.settings.headers {
            headers.insert(name, value.clone());
        }
        if let Some(key) = &self.api_key {
            headers.insert("apikey", key.plain.clone());
        }
        // An operation that is not in the table gets no more than the API key.
        let credential = operation.map_or(Credential::None, |operation| operation.credential);
        if let Some(value) = self.authorization(credential) {
            headers.insert(AUTHORIZATION, value.clone());
        }
        Ok(())
    }

    /// Sends a prepared request, with retries, within a span of its own.
    pub(crate) async fn send(
        &self,
        http: &reqwest::Client,
        request: Request,
        operation_id: &str,
    ) -> reqwest::Result<Response> {
        let span = span::of_call(operation_id, self.operation(), &request);
        #[cfg(feature = "trace-context")]
        let request = if self.settings.trace_context { span::injected(&span, request) } else { request };
        let call = async {
            let clock = &self.settings.clock;
            let began = clock.uptime();
            let (result, retries) = attempts::send(http, self, request).await;
            span::record(&result, retries, clock.uptime().saturating_sub(began));
            result
        };
        call.instrument(span).await
    }

    /// Learns from a response: the server's clock, and what an error may need.
    pub(crate) fn received(&self, response: &Response) {
        let Settings { clock, skew, .. } = &*self.settings;
        if let Some(date) = response.headers().get(DATE) {
            skew.learn(date, clock.now());
        }
        self.note(|meta| *meta = ResponseMeta::new(meta.operation, response.status(), response.headers()));
    }
}

/// Whether a URL is still that of the operation: a path parameter such as `..` or the empty one would lead elsewhere.
fn is_at(operation: &Operation, base_path: &str, url: &Url) -> bool {
    let Some(path) = url.path().strip_prefix(base_path) else { return false };
    let mut there = path.split('/');
    let fits = |wanted: &str, there: &str| if wanted.starts_with('{') { !there.is_empty() } else { wanted == there };
    operation.path.split('/').all(|wanted| there.next().is_some_and(|there| fits(wanted, there)))
        && there.next().is_none()
}
