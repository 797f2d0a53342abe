//! Requests that Go's HTTP server refuses before a handler reads them.

use http::{Version, header, request::Parts};

use crate::{
    model::ErrorCode,
    wire::{error::ApiError, request::Request, response::Response},
};

/// Returns the refusal of a request, if it is refused.
pub(crate) fn of(head: &Parts) -> Option<Response> {
    let hosts = head.headers.get_all(header::HOST).iter().count();
    if hosts > 1 {
        return Some(bad_request("400 Bad Request"));
    }
    if hosts == 0 && head.version == Version::HTTP_11 && head.uri.host().is_none() {
        return Some(bad_request("400 Bad Request: missing required Host header"));
    }
    if !is_encoded(head.uri.path()) {
        return Some(bad_request("400 Bad Request"));
    }
    let expect = head.headers.get(header::EXPECT).map(http::HeaderValue::as_bytes);
    let is_unknown = expect.is_some_and(|expect| !expect.is_empty() && !expect.eq_ignore_ascii_case(b"100-continue"));
    is_unknown.then(|| Response::new(417).header("connection", "close"))
}

/// Returns the response to a request whose body cannot be read.
pub(crate) fn of_body(request: &Request) -> Response {
    let error = ApiError::new(500, ErrorCode::UnexpectedFailure, "Could not read body into byte slice");
    error.into_response(request).header("connection", "close")
}

fn bad_request(text: &str) -> Response {
    Response::new(400).body("text/plain; charset=utf-8", text.to_owned()).header("connection", "close")
}

/// Returns whether each percent sign starts an encoded byte.
fn is_encoded(path: &str) -> bool {
    path.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
