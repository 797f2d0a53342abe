//! HTTP by hyper: the settings of the client, and bodies that are received in full before they are read, so that a call
//! with a truncated one can be retried.

use std::{borrow::Cow, error::Error, mem, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use reqwest::{Body, Client, ClientBuilder, Proxy, Request, Response, StatusCode, header::HeaderMap, redirect::Policy};
use url::Url;

use crate::platform::TooLarge;

/// Whether the header `User-Agent` can be set.
pub(crate) const SETS_USER_AGENT: bool = true;

/// Builds a client that follows no redirects, from the application's own builder if it passes one. A direct one uses no
/// proxy, not even one from the environment.
pub(crate) fn build(
    own: Option<ClientBuilder>,
    connect_timeout: Duration,
    timeout: Duration,
    is_direct: bool,
    has_tls: bool,
) -> reqwest::Result<Client> {
    let is_default = own.is_none();
    let builder = own.unwrap_or_default().connect_timeout(connect_timeout).timeout(timeout);
    let mut builder = builder.redirect(Policy::none());
    if is_direct && is_default {
        builder = builder.no_proxy();
    } else if is_direct {
        // A builder with any proxy of its own ignores the environment. This one is for no URL, and comes last.
        builder = builder.proxy(Proxy::custom(|_| None::<Url>));
    }
    if !has_tls {
        builder = without_roots(builder);
    }
    builder.build()
}

/// Loads no root certificates. Without TLS there must be no error if the system has none.
#[cfg(feature = "rustls")]
fn without_roots(builder: ClientBuilder) -> ClientBuilder {
    builder.tls_certs_only([])
}

#[cfg(not(feature = "rustls"))]
fn without_roots(builder: ClientBuilder) -> ClientBuilder {
    builder
}

/// Sets the timeout of an attempt. The first one has the timeout of the client.
pub(crate) fn set_timeout(request: &mut Request, limit: Duration, is_first: bool) {
    if !is_first {
        *request.timeout_mut() = Some(limit);
    }
}

/// Returns whether there was no connection, so that the server cannot have received the request.
pub(crate) fn is_connect(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// Attaches a value to a response.
pub(crate) fn attach<T: Clone + Send + Sync + 'static>(response: &mut Response, value: T) {
    response.extensions_mut().insert(value);
}

/// Returns the value of this type that was attached to a response.
pub(crate) fn attached<T: Send + Sync + 'static>(response: &Response) -> Option<&T> {
    response.extensions().get()
}

/// Returns the start of a body, up to about this many bytes. If the connection breaks, returns what arrived before.
pub(crate) async fn start_of_body(mut response: Response, enough: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= enough {
            break;
        }
    }
    body
}

/// A response with its whole body, or with the part that arrived.
pub(crate) struct Received {
    /// The response without its body.
    pub(crate) response: Response,
    /// Whether the connection broke during the body.
    pub(crate) broken: bool,
    body: Bytes,
    /// Why the rest of the body is missing.
    error: Option<Cause>,
}

type Cause = Box<dyn Error + Send + Sync>;

impl Received {
    /// Returns the body if it is complete.
    pub(crate) fn body(&self) -> Option<&Bytes> {
        self.error.is_none().then_some(&self.body)
    }

    /// Returns the status and the headers.
    pub(crate) fn into_head(mut self) -> (StatusCode, HeaderMap) {
        (self.response.status(), mem::take(self.response.headers_mut()))
    }

    /// Returns a response whose body is what arrived, followed by the error.
    pub(crate) fn into_response(mut self) -> Response {
        let body = match self.error {
            None => Body::from(self.body),
            Some(error) => Body::wrap(StreamBody::new(stream::iter([Ok(Frame::data(self.body)), Err(error)]))),
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = self.response.status();
        *response.version_mut() = self.response.version();
        *response.headers_mut() = mem::take(self.response.headers_mut());
        *response.extensions_mut() = mem::take(self.response.extensions_mut());
        response.into()
    }
}

/// Receives the body, up to a size, and changes a complete one.
#[allow(clippy::manual_async_fn, reason = "the future of an `async fn` would contain the response twice")]
pub(crate) fn receive(
    mut response: Response,
    max_size: usize,
    change: impl Fn(&[u8]) -> Cow<'_, [u8]>,
) -> impl Future<Output = Received> {
    async move {
        let (body, error) = whole(&mut response, max_size).await;
        let broken = error.as_ref().is_some_and(|error| !error.is::<TooLarge>());
        let changed = match change(&body) {
            Cow::Owned(changed) if error.is_none() => changed.into(),
            _ => body,
        };
        Received { response, broken, body: changed, error }
    }
}

/// Returns as much of the body as arrived, and the error that prevented the rest.
async fn whole(response: &mut Response, max_size: usize) -> (Bytes, Option<Cause>) {
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    // Usually there is only one chunk, which need not be copied.
    let (mut first, mut body) = (Bytes::new(), Vec::new());
    let error: Option<Cause> = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                if first.len() + body.len() + chunk.len() > max_size {
                    return (Bytes::new(), Some(Box::new(TooLarge(max_size))));
                }
                if first.is_empty() && body.is_empty() {
                    first = chunk;
                    continue;
                }
                if body.is_empty() {
                    body.reserve_exact(expected.clamp(first.len() + chunk.len(), max_size));
                    // Each chunk is dropped once it has been copied.
                    body.extend_from_slice(&mem::take(&mut first));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break None,
            Err(error) => break Some(Box::new(error)),
        }
    };
    (if body.is_empty() { first } else { body.into() }, error)
}
