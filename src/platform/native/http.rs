//! HTTP by hyper: the settings of the client, and bodies that are received in full before they are read, so that a call
//! with a truncated one can be retried.

use std::{borrow::Cow, error::Error, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use reqwest::{Body, Client, ClientBuilder, Proxy, Response, redirect::Policy};
use url::Url;

use crate::platform::TooLarge;

/// Whether the header `User-Agent` can be set.
pub(crate) const SETS_USER_AGENT: bool = true;

/// Builds a client that follows no redirects. A direct one uses no proxy, not even one from the environment.
pub(crate) fn build(
    builder: ClientBuilder,
    connect_timeout: Duration,
    is_direct: bool,
    has_tls: bool,
) -> reqwest::Result<Client> {
    let mut builder = builder.connect_timeout(connect_timeout).redirect(Policy::none());
    if is_direct {
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

/// Returns the timeout of a request.
pub(crate) fn timeout(limit: Duration) -> Duration {
    limit
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

/// A response with its whole body, or with the part that arrived followed by the error.
pub(crate) struct Received {
    pub(crate) response: Response,
    /// Whether the connection broke during the body.
    pub(crate) broken: bool,
}

type Cause = Box<dyn Error + Send + Sync>;

/// Receives the body, up to a size, and changes a complete one.
pub(crate) async fn receive(response: Response, max_size: usize, change: impl Fn(&[u8]) -> Cow<'_, [u8]>) -> Received {
    let (head, mut body) = http::Response::from(response).into_parts();
    let (received, error) = match whole(&mut body, max_size).await {
        (received, None) => {
            let body = match change(&received) {
                Cow::Borrowed(_) => received,
                Cow::Owned(changed) => changed.into(),
            };
            return Received { response: http::Response::from_parts(head, body).into(), broken: false };
        }
        (received, Some(error)) => (received, error),
    };
    let broken = !error.is::<TooLarge>();
    let frames = stream::iter([Ok(Frame::data(received)), Err(error)]);
    let body = Body::wrap(StreamBody::new(frames));
    Received { response: http::Response::from_parts(head, body).into(), broken }
}

/// Returns as much of the body as arrived, and the error that prevented the rest.
async fn whole(body: &mut Body, max_size: usize) -> (Bytes, Option<Cause>) {
    let (mut chunks, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(chunk)) => {
                size += chunk.len();
                if size > max_size {
                    return (Bytes::new(), Some(Box::new(TooLarge(max_size))));
                }
                chunks.push(chunk);
            }
            // Trailers, which are not used.
            Ok(Err(_)) => {}
            Err(error) => return (joined(chunks), Some(Box::new(error))),
        }
    }
    (joined(chunks), None)
}

fn joined(mut chunks: Vec<Bytes>) -> Bytes {
    // Usually a single chunk, which need not be copied.
    if chunks.len() == 1 { chunks.swap_remove(0) } else { chunks.concat().into() }
}
