//! HTTP by `fetch`. The browser decides about connections, proxies, certificates and redirects, limits the size of
//! responses, and does not say why a request failed.

use std::{borrow::Cow, future, time::Duration};

use bytes::Bytes;
use reqwest::{Client, ClientBuilder, Request, Response, StatusCode, header::HeaderMap};

use super::task::MAX_WAIT;

/// Whether the header `User-Agent` can be set. The browser sets its own; where it could be replaced, the server's CORS
/// policy would refuse the request.
pub(crate) const SETS_USER_AGENT: bool = false;

/// Builds a client. The browser makes the connection.
pub(crate) fn build(
    own: Option<ClientBuilder>,
    _connect_timeout: Duration,
    _timeout: Duration,
    _is_direct: bool,
    _has_tls: bool,
) -> reqwest::Result<Client> {
    own.unwrap_or_default().build()
}

/// Sets the timeout of an attempt, which must not exceed that of a timer.
pub(crate) fn set_timeout(request: &mut Request, limit: Duration, _is_first: bool) {
    *request.timeout_mut() = Some(limit.min(MAX_WAIT));
}

/// Returns whether there was no connection, which is never known.
pub(crate) fn is_connect(_: &reqwest::Error) -> bool {
    false
}

/// Does nothing, because a response of `fetch` has no room for values.
pub(crate) fn attach<T>(_: &mut Response, _: T) {}

/// Returns `None`, because nothing can be attached.
pub(crate) fn attached<T>(_: &Response) -> Option<&T> {
    None
}

/// Returns the start of a body, up to this many bytes. If the connection breaks, returns nothing.
pub(crate) async fn start_of_body(response: Response, enough: usize) -> Vec<u8> {
    let body = response.bytes().await.unwrap_or_default();
    body[..body.len().min(enough)].to_vec()
}

/// A response whose body is still to be read.
pub(crate) struct Received {
    pub(crate) response: Response,
    /// Whether the connection broke during the body, which is noticed only when the body is read.
    pub(crate) broken: bool,
}

impl Received {
    /// Returns `None`, because the body is still to be read.
    #[allow(clippy::unused_self, reason = "the other implementation needs it")]
    pub(crate) fn body(&self) -> Option<&Bytes> {
        None
    }

    /// Returns the status and the headers.
    pub(crate) fn into_head(self) -> (StatusCode, HeaderMap) {
        (self.response.status(), self.response.headers().clone())
    }

    /// Returns the response.
    pub(crate) fn into_response(self) -> Response {
        self.response
    }
}

/// Returns the response unchanged, because its body cannot be replaced.
pub(crate) fn receive(
    response: Response,
    _max_size: usize,
    _change: impl Fn(&[u8]) -> Cow<'_, [u8]>,
) -> impl Future<Output = Received> {
    future::ready(Received { response, broken: false })
}
