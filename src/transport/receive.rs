//! The body of a response, received in full before it is read, so that a call with a truncated one can be retried.

use std::{borrow::Cow, error::Error};

use bytes::Bytes;
use futures_util::stream;
use http::{Extensions, HeaderMap, Response, StatusCode, Version};
use http_body::Frame;
use http_body_util::StreamBody;
use reqwest::Body;

use crate::{error::TooLarge, nesting};

/// The default limit of a body, in bytes. A page of 1,000 users with much metadata takes a few megabytes.
pub(crate) const MAX_RESPONSE_SIZE: usize = 32 * 1024 * 1024;

/// A response with its whole body, or with the part that arrived.
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(super) extensions: Extensions,
    version: Version,
    /// Why the rest of the body is missing.
    error: Option<Cause>,
}

type Cause = Box<dyn Error + Send + Sync>;

impl Received {
    /// Returns whether the body is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.error.is_none()
    }

    /// Returns whether the connection broke during the body.
    pub(super) fn is_broken(&self) -> bool {
        self.error.as_ref().is_some_and(|error| !error.is::<TooLarge>())
    }
}

impl From<Received> for reqwest::Response {
    /// Creates a response whose body is what arrived, followed by the error.
    fn from(received: Received) -> Self {
        let body = match received.error {
            None => Body::from(received.body),
            Some(error) => {
                let frames = stream::iter([Ok(Frame::data(received.body)), Err(error)]);
                Body::wrap(StreamBody::new(frames))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = received.status;
        *response.version_mut() = received.version;
        *response.headers_mut() = received.headers;
        *response.extensions_mut() = received.extensions;
        response.into()
    }
}

/// Receives the body, up to a size, and bounds the nesting of JSON in it.
pub(super) async fn receive(mut response: reqwest::Response, max_size: usize) -> Received {
    let (body, error) = body(&mut response, max_size).await;
    Received {
        status: response.status(),
        version: response.version(),
        headers: std::mem::take(response.headers_mut()),
        extensions: std::mem::take(response.extensions_mut()),
        body: if error.is_none() { bounded(body) } else { body },
        error,
    }
}

/// Free-form data may be nested deeper than anything here can decode.
fn bounded(body: Bytes) -> Bytes {
    match nesting::bounded(&body) {
        Cow::Borrowed(_) => body,
        Cow::Owned(bounded) => bounded.into(),
    }
}

/// Returns as much of the body as arrived, and the error that prevented the rest.
async fn body(response: &mut reqwest::Response, max_size: usize) -> (Bytes, Option<Cause>) {
    let (mut first, mut others, mut size) = (Bytes::new(), Vec::new(), 0);
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                size += chunk.len();
                if size > max_size {
                    return (Bytes::new(), Some(Box::new(TooLarge(max_size))));
                }
                if first.is_empty() { first = chunk } else { others.push(chunk) }
            }
            Ok(None) => return (joined(first, others), None),
            Err(error) => return (joined(first, others), Some(Box::new(error))),
        }
    }
}

/// Joins the chunks. Usually there is only one, which need not be copied.
fn joined(first: Bytes, mut others: Vec<Bytes>) -> Bytes {
    if others.is_empty() {
        return first;
    }
    others.insert(0, first);
    others.concat().into()
}
