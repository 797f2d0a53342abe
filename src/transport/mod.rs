//! Every header, time-out, retry and trace span is decided here, for all operations alike.

mod attempts;
mod call;
mod receive;
mod span;

pub(crate) use attempts::RETRIES;
pub(crate) use call::Call;
pub(crate) use receive::{LARGEST_REPLY, TooLarge};

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue},
};
use tracing::Instrument;
use url::Url;
use uuid::Uuid;

use crate::{
    clock::Clock,
    error::{Error, Result, request_id},
    raw::{self, Credential, Operation},
    secret::Secret,
    skew::ClockSkew,
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
    seen: Arc<Mutex<Seen>>,
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
}

/// What has been seen of a call, for errors that do not tell themselves. Of the headers only those, since a success needs
/// none of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) status: Option<StatusCode>,
    content_type: Option<HeaderValue>,
    request_id: Option<HeaderValue>,
}

impl Seen {
    pub(crate) fn of(operation: Option<&'static Operation>, status: StatusCode, headers: &HeaderMap) -> Self {
        let content_type = headers.get(CONTENT_TYPE).cloned();
        Self { operation, status: Some(status), content_type, request_id: request_id(headers).cloned() }
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.content_type.as_ref()?.to_str().ok()
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref()?.to_str().ok()
    }
}

impl Transport {
    /// For calls with the API key alone.
    pub(crate) fn new(settings: Arc<Settings>, api_key: Option<ApiKey>) -> Self {
        Self { settings, api_key, access_token: None, oauth_client: None, repeatable: false, seen: Arc::default() }
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
    fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same caller, with nothing seen yet.
    pub(crate) fn for_one_call(&self) -> Self {
        Self { seen: Arc::default(), ..self.clone() }
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
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).operation
    }

    fn note(&self, update: impl FnOnce(&mut Seen)) {
        update(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn what_was_seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

/// Whether a URL is still that of the operation: a path parameter such as `..` or the empty one would lead elsewhere.
fn is_at(operation: &Operation, base_path: &str, url: &Url) -> bool {
    let Some(path) = url.path().strip_prefix(base_path) else { return false };
    let mut there = path.split('/');
    let fits = |wanted: &str, there: &str| if wanted.starts_with('{') { !there.is_empty() } else { wanted == there };
    operation.path.split('/').all(|wanted| there.next().is_some_and(|there| fits(wanted, there)))
        && there.next().is_none()
}

impl ClientHooks<Transport> for raw::Client {
    async fn pre<E>(&self, request: &mut reqwest::Request, info: &OperationInfo) -> Result<(), raw::Error<E>> {
        let transport = self.inner();
        let operation = Operation::by_id(info.operation_id);
        transport.note(|seen| *seen = Seen { operation, ..Seen::default() });
        if !operation.is_none_or(|operation| is_at(operation, &transport.settings.base_path, request.url())) {
            return Err(raw::Error::InvalidRequest("path parameter is empty or leaves its place".to_owned()));
        }
        let headers = request.headers_mut();
        // The generator's own; the server does not know it and its CORS policy forbids it.
        headers.remove("api-version");
        headers.reserve(transport.settings.headers.len() + 2);
        for (name, value) in &transport.settings.headers {
            headers.insert(name, value.clone());
        }
        if let Some(key) = &transport.api_key {
            headers.insert("apikey", key.plain.clone());
        }
        // An operation that is not in the table gets no more than the API key.
        let credential = operation.map_or(Credential::None, |operation| operation.credential);
        if let Some(value) = transport.authorization(credential) {
            headers.insert(AUTHORIZATION, value.clone());
        }
        Ok(())
    }

    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let span = span::of_call(info.operation_id, self.inner().operation(), &request);
        #[cfg(feature = "trace-context")]
        let request = span::injected(&span, request);
        let call = async {
            let clock = &self.inner().settings.clock;
            let began = clock.uptime();
            let (result, retries) = attempts::send(self.client(), self.inner(), request).await;
            span::record(&result, retries, clock.uptime().saturating_sub(began));
            result
        };
        call.instrument(span).await
    }

    async fn post<E>(
        &self,
        result: &reqwest::Result<reqwest::Response>,
        _: &OperationInfo,
    ) -> Result<(), raw::Error<E>> {
        if let Ok(reply) = result {
            let Settings { clock, skew, .. } = &*self.inner().settings;
            if let Some(date) = reply.headers().get(DATE) {
                skew.learn(date, clock.now());
            }
            self.inner().note(|seen| {
                *seen = Seen::of(seen.operation, reply.status(), reply.headers());
            });
        }
        Ok(())
    }
}
