//! Headers, time-outs, retries and trace spans, in one place for all operations.

mod attempts;
mod span;

pub(crate) use attempts::RETRIES;

use std::{
    future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::{FutureExt, TryFutureExt};
use progenitor_client::{ByteStream, Error as RawError, ResponseValue};
use reqwest::{
    Request,
    header::{AGE, AUTHORIZATION, DATE, HeaderMap, HeaderName, HeaderValue},
};
use serde::de::DeserializeOwned;
use tracing::Instrument;
use url::Url;
use uuid::Uuid;

use crate::{
    clock::{Clock, ClockSkew},
    error::{Error, ResponseMeta, Result},
    operation::{Credential, Operation},
    platform::{
        BoxFuture,
        http::{self, Received},
    },
    secret::Secret,
};

/// The header for a gateway in front of the server.
const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// The default limit of a response body, in bytes. A page of 1,000 users with much metadata takes a few megabytes.
pub(crate) const MAX_RESPONSE_SIZE: usize = 32 * 1024 * 1024;

/// The part of the raw client that sends requests: the credentials, and the metadata of the last call.
#[derive(Clone, Debug)]
pub struct Transport {
    settings: Arc<Settings>,
    api_key: Option<Arc<ApiKey>>,
    access_token: Option<HeaderValue>,
    oauth_client: Option<HeaderValue>,
    /// Whether the call may be sent twice, although its operation changes something on the server.
    repeatable: bool,
    response: Arc<Mutex<ResponseMeta>>,
}

/// The settings that all calls of a client share.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) base_url: Url,
    /// The headers of every request, except for the credentials.
    pub(crate) headers: HeaderMap,
    /// The maximum duration of a call, retries included.
    pub(crate) timeout: Duration,
    /// The maximum number of retries.
    pub(crate) retries: usize,
    /// The maximum size of a response body, in bytes.
    pub(crate) max_response_size: usize,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) skew: ClockSkew,
    /// Whether the trace context is sent with every request.
    #[cfg(feature = "trace-context")]
    pub(crate) trace_context: bool,
}

impl Settings {
    /// Returns the path of the base URL, without a trailing slash.
    fn base_path(&self) -> &str {
        self.base_url.path().trim_end_matches('/')
    }
}

impl Transport {
    /// Creates a transport with the API key only.
    pub(crate) fn new(settings: Arc<Settings>, api_key: Option<Arc<ApiKey>>) -> Self {
        Self { settings, api_key, access_token: None, oauth_client: None, repeatable: false, response: Arc::default() }
    }

    /// Returns a transport with another API key, and without a user.
    pub(crate) fn with_api_key(&self, what: &'static str, key: &Secret) -> Result<Self> {
        Ok(Self::new(self.settings.clone(), Some(Arc::new(ApiKey::new(what, key)?))))
    }

    /// Adds the access token of a user.
    pub(crate) fn with_access_token(mut self, access_token: &Secret) -> Result<Self> {
        self.access_token = Some(bearer("access token", access_token)?);
        Ok(self)
    }

    /// Adds the secret of an OAuth client, for HTTP Basic authentication (RFC 6749, section 2.3.1).
    pub(crate) fn with_oauth_client(mut self, client_id: Uuid, secret: &Secret) -> Result<Self> {
        if secret.is_empty() {
            return Err(Error::invalid("client secret", "must not be empty"));
        }
        let credentials = STANDARD.encode(format!("{client_id}:{}", secret.expose()));
        self.oauth_client = Some(secret_header("client secret", format!("Basic {credentials}"))?);
        Ok(self)
    }

    /// Allows retries of a call that may be sent twice, although its operation changes something on the server.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the base URL, without a trailing slash.
    pub(crate) fn base_url(&self) -> &str {
        self.settings.base_url.as_str().trim_end_matches('/')
    }

    /// Returns the URL of a path, which starts with a slash and is percent-encoded.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.settings.base_url.clone();
        match self.settings.base_path() {
            "" => url.set_path(path),
            base => url.set_path(&[base, path].concat()),
        }
        url
    }

    /// Returns a transport with the same credentials, for another call.
    pub(crate) fn for_one_call(mut self) -> Self {
        self.response = Arc::default();
        self
    }

    /// Returns the value of `Authorization`, and whether it is the user's access token: that or the OAuth client's
    /// secret if the operation takes one, otherwise the API key.
    fn authorization(&self, credential: Credential) -> (Option<&HeaderValue>, bool) {
        let api_key = self.api_key.as_ref().map(|key| &key.bearer);
        match credential {
            Credential::User | Credential::OptionalUser => {
                (self.access_token.as_ref().or(api_key), self.access_token.is_some())
            }
            // A public client has its id in the body. A bearer token would be ignored.
            Credential::OAuthClient => (self.oauth_client.as_ref(), false),
            Credential::None | Credential::Admin => (api_key, false),
        }
    }

    fn set_meta(&self, meta: ResponseMeta) {
        *self.response.lock().unwrap_or_else(PoisonError::into_inner) = meta;
    }

    /// Returns the uptime at which the last request was started.
    pub(crate) fn started(&self) -> Duration {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).started
    }

    pub(crate) fn response_meta(&self) -> ResponseMeta {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The API key, for each of the two headers that contain it.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey {
    /// The header `apikey`, for a gateway.
    plain: HeaderValue,
    /// The header `Authorization`, for operations without a user.
    bearer: HeaderValue,
}

impl ApiKey {
    pub(crate) fn new(what: &'static str, key: &Secret) -> Result<Self> {
        Ok(Self { bearer: bearer(what, key)?, plain: secret_header(what, key.expose().to_owned())? })
    }
}

fn bearer(what: &'static str, token: &Secret) -> Result<HeaderValue> {
    if token.is_empty() {
        return Err(Error::invalid(what, "must not be empty"));
    }
    secret_header(what, ["Bearer ", token.expose()].concat())
}

/// Returns a header value that is marked as sensitive, so that no log shows it.
pub(crate) fn secret_header(what: &'static str, value: impl Into<Bytes>) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(value.into())
        .map_err(|_| Error::invalid(what, "must contain only characters that are allowed in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A request that is being sent. Boxed once, so that the futures of all callers are small: each of them moves the one
/// that it waits for.
type Sending<'a> = BoxFuture<'a, Result<Received, RawError<()>>>;

impl Transport {
    /// Sends a request of an operation with a JSON response, and decodes it.
    pub(crate) fn json<'a, T: DeserializeOwned>(
        &'a self,
        client: &'a reqwest::Client,
        operation: &'static Operation,
        request: Request,
    ) -> impl Future<Output = Result<ResponseValue<T>, RawError<()>>> + use<'a, T> {
        let sending = self.send(client, Some(operation), request);
        async {
            let received = sending.await?;
            let Some(body) = received.body() else {
                // The body is still to be read, or ends with an error.
                return Box::pin(ResponseValue::from_response(received.into_response())).await;
            };
            match serde_json::from_slice(body) {
                Ok(value) => {
                    let (status, headers) = received.into_head();
                    Ok(ResponseValue::new(value, status, headers))
                }
                Err(cause) => Err(RawError::InvalidResponsePayload(body.clone(), cause)),
            }
        }
    }

    /// Sends a request of an operation without a response body.
    pub(crate) fn empty<'a>(
        &'a self,
        client: &'a reqwest::Client,
        operation: &'static Operation,
        request: Request,
    ) -> impl Future<Output = Result<ResponseValue<()>, RawError<()>>> + use<'a> {
        self.send(client, Some(operation), request).map_ok(|received| {
            let (status, headers) = received.into_head();
            ResponseValue::new((), status, headers)
        })
    }

    /// Sends a request of an operation with a response that is not JSON.
    pub(crate) fn stream<'a>(
        &'a self,
        client: &'a reqwest::Client,
        operation: &'static Operation,
        request: Request,
    ) -> impl Future<Output = Result<ResponseValue<ByteStream>, RawError<()>>> + use<'a> {
        self.send(client, Some(operation), request).map_ok(|received| ResponseValue::stream(received.into_response()))
    }

    /// Sends a request with its headers, credentials and retries, in its own span. Any status that is not a success is
    /// an error. `operation` is `None` if the document has none for the path.
    #[allow(clippy::result_large_err, reason = "the generated client has this error")]
    pub(crate) fn send<'a>(
        &'a self,
        client: &'a reqwest::Client,
        operation: Option<&'static Operation>,
        mut request: Request,
    ) -> Sending<'a> {
        let is_user = match self.prepare(&mut request, operation) {
            Ok(is_user) => is_user,
            Err(why) => return Box::pin(future::ready(Err(RawError::InvalidRequest(why.to_owned())))),
        };
        let repeatable = self.repeatable || operation.map_or_else(|| request.method().is_safe(), |known| known.safe);
        let span = span::of_call(operation, &request);
        #[cfg(feature = "trace-context")]
        if self.settings.trace_context {
            span::inject(&span, &mut request);
        }
        let clock = &self.settings.clock;
        let started = clock.uptime();
        let call = attempts::send(client, &self.settings, request, started, repeatable).map(move |outcome| {
            span::record(&outcome, || clock.uptime().saturating_sub(started));
            let meta = ResponseMeta::of_request(operation, is_user, started).with_request(outcome.sent);
            self.received(outcome.result, meta)
        });
        Box::pin(call.instrument(span))
    }

    /// Learns from a response, and keeps its metadata.
    #[allow(clippy::result_large_err, reason = "the generated client has this error")]
    fn received(&self, result: reqwest::Result<Received>, meta: ResponseMeta) -> Result<Received, RawError<()>> {
        let mut received = match result {
            Ok(received) => received,
            Err(error) => {
                self.set_meta(meta);
                return Err(error.into());
            }
        };
        let response = &mut received.response;
        self.learn_time(response.headers());
        let meta = meta.with_response(response.status(), response.headers());
        if response.status().is_success() {
            self.set_meta(meta);
            return Ok(received);
        }
        // For errors that are converted without this transport.
        http::attach(response, meta.clone());
        self.set_meta(meta);
        Err(RawError::UnexpectedResponse(received.into_response()))
    }

    /// Adds headers and credentials to a request. Returns whether it has the access token of a user.
    ///
    /// # Errors
    /// Returns why the request must not be sent.
    fn prepare(&self, request: &mut Request, operation: Option<&'static Operation>) -> Result<bool, &'static str> {
        if !operation.is_none_or(|operation| operation.is_at(self.settings.base_path(), request.url().path())) {
            return Err("path parameter must not be empty, `.` or `..`");
        }
        let headers = request.headers_mut();
        headers.reserve(self.settings.headers.len() + 2);
        for (name, value) in &self.settings.headers {
            headers.insert(name, value.clone());
        }
        if let Some(key) = &self.api_key {
            headers.insert(API_KEY, key.plain.clone());
        }
        let credential = operation.map_or(Credential::OptionalUser, |operation| operation.credential);
        let (authorization, is_user) = self.authorization(credential);
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        Ok(is_user)
    }

    /// Learns the server's clock from a response. One from a cache, which has the header `Age` (RFC 9111, section 5.1),
    /// has the time of an earlier request.
    fn learn_time(&self, headers: &HeaderMap) {
        let Settings { clock, skew, .. } = &*self.settings;
        if let Some(date) = headers.get(DATE).filter(|_| !headers.contains_key(AGE)) {
            skew.learn(date, || clock.now());
        }
    }
}
