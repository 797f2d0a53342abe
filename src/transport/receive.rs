//! The body of a reply, whole before anybody reads it: so one that breaks off is known in time to ask again.

use std::error::Error;

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use reqwest::Body;

use crate::error::TooLarge;

/// The largest body that is taken, in bytes, unless the application says otherwise: a page of 1,000 users with much
/// metadata takes a few.
pub(crate) const LARGEST_REPLY: usize = 32 * 1024 * 1024;

/// A reply with the whole of its body, or with what came of it and then the error.
pub(super) struct Received {
    pub(super) reply: reqwest::Response,
    /// Whether the connection broke within the body.
    pub(super) broken: bool,
}

type Cause = Box<dyn Error + Send + Sync>;

/// Receives the body, up to a size.
pub(super) async fn receive(reply: reqwest::Response, largest: usize) -> Received {
    let (head, mut body) = Response::from(reply).into_parts();
    let (received, error) = match whole(&mut body, largest).await {
        (received, None) => return Received { reply: Response::from_parts(head, received).into(), broken: false },
        (received, Some(error)) => (received, error),
    };
    let broken = !error.is::<TooLarge>();
    let frames = stream::iter([Ok(Frame::data(received)), Err(error)]);
    let body = Body::wrap(StreamBody::new(frames));
    Received { reply: Response::from_parts(head, body).into(), broken }
}

/// As much of the body as came, and what kept the rest.
async fn whole(body: &mut Body, largest: usize) -> (Bytes, Option<Cause>) {
    let (mut chunks, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(chunk)) => {
                size += chunk.len();
                if size > largest {
                    return (Bytes::new(), Some(Box::new(TooLarge(largest))));
                }
                chunks.push(chunk);
            }
            // Trailers, which nobody awaits.
            Ok(Err(_)) => {}
            Err(error) => return (joined(chunks), Some(Box::new(error))),
        }
    }
    (joined(chunks), None)
}

fn joined(mut chunks: Vec<Bytes>) -> Bytes {
    // Nearly always one, which need not be copied.
    if chunks.len() == 1 { chunks.swap_remove(0) } else { chunks.concat().into() }
}
