//! The body of a response, received in full before it is read, so that a call with a truncated one can be retried.

use std::{borrow::Cow, error::Error};

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use reqwest::Body;

use crate::{error::TooLarge, nesting};

/// The default limit of a body, in bytes. A page of 1,000 users with much metadata takes a few megabytes.
pub(crate) const MAX_RESPONSE_SIZE: usize = 32 * 1024 * 1024;

/// A response with its whole body, or with the part that arrived followed by the error.
pub(super) struct Received {
    pub(super) response: reqwest::Response,
    /// Whether the connection broke during the body.
    pub(super) broken: bool,
}

type Cause = Box<dyn Error + Send + Sync>;

/// Receives the body, up to a size, and bounds the nesting of JSON in it.
pub(super) async fn receive(response: reqwest::Response, max_size: usize) -> Received {
    let (head, mut body) = Response::from(response).into_parts();
    let (received, error) = match whole(&mut body, max_size).await {
        (received, None) => {
            let body = bounded(received);
            return Received { response: Response::from_parts(head, body).into(), broken: false };
        }
        (received, Some(error)) => (received, error),
    };
    let broken = !error.is::<TooLarge>();
    let frames = stream::iter([Ok(Frame::data(received)), Err(error)]);
    let body = Body::wrap(StreamBody::new(frames));
    Received { response: Response::from_parts(head, body).into(), broken }
}

/// Free-form data may be nested deeper than anything here can decode.
fn bounded(body: Bytes) -> Bytes {
    match nesting::bounded(&body) {
        Cow::Borrowed(_) => body,
        Cow::Owned(bounded) => bounded.into(),
    }
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
