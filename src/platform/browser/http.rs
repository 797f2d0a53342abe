//! HTTP by `fetch`. The browser decides about connections, proxies, certificates and redirects, limits the size of
//! responses, and does not say why a request failed.

use std::{borrow::Cow, future, time::Duration};

use reqwest::{Client, ClientBuilder, Response};

use super::task::MAX_WAIT;

/// Whether the header `User-Agent` can be set. The browser sets its own; where it could be replaced, the server's CORS
/// policy would refuse the request.
pub(crate) const SETS_USER_AGENT: bool = false;

/// Builds a client. The browser makes the connection.
pub(crate) fn build(
    builder: ClientBuilder,
    _connect_timeout: Duration,
    _is_direct: bool,
    _has_tls: bool,
) -> reqwest::Result<Client> {
    builder.build()
}

/// Returns the timeout of a request, which must not exceed that of a timer.
pub(crate) fn timeout(limit: Duration) -> Duration {
    limit.min(MAX_WAIT)
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

/// Returns the response unchanged, because its body cannot be replaced.
pub(crate) fn receive(
    response: Response,
    _max_size: usize,
    _change: impl Fn(&[u8]) -> Cow<'_, [u8]>,
) -> impl Future<Output = Received> {
    future::ready(Received { response, broken: false })
}
