//! Requests that Go's HTTP server refuses before a handler reads them.

use http::{Method, Version, header, request::Parts};

use crate::wire::{request::is_encoded, response::Response};

/// Returns the refusal of a request, if it is refused.
pub(crate) fn of(head: &Parts) -> Option<Response> {
    let hosts = head.headers.get_all(header::HOST).iter().count();
    if hosts > 1 {
        return Some(bad_request("400 Bad Request"));
    }
    if hosts == 0 && head.version == Version::HTTP_11 && head.uri.host().is_none() {
        return Some(bad_request("400 Bad Request: missing required Host header"));
    }
    if head.method == Method::OPTIONS && head.uri.path() == "*" {
        return Some(Response::new(200));
    }
    if head.headers.get(header::HOST).is_some_and(|host| !host.as_bytes().iter().copied().all(is_in_host)) {
        return Some(bad_request("400 Bad Request: malformed Host header"));
    }
    let encoding = head.headers.get(header::TRANSFER_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Some(Response { status: 501, ..bad_request("Unsupported transfer encoding") });
    }
    let is_path = head.uri.path().starts_with('/') || head.uri.path() == "*" || head.method == Method::CONNECT;
    if !is_path || !is_encoded(head.uri.path().as_bytes()) {
        return Some(bad_request("400 Bad Request"));
    }
    let expect = head.headers.get(header::EXPECT).map(http::HeaderValue::as_bytes);
    let is_unknown = expect.is_some_and(|expect| !expect.is_empty() && !expect.eq_ignore_ascii_case(b"100-continue"));
    is_unknown.then(|| Response::new(417).header("connection", "close"))
}

fn bad_request(text: &str) -> Response {
    Response::new(400).body("text/plain; charset=utf-8", text.to_owned()).header("connection", "close")
}

/// Returns whether a byte may be in the header `Host`, which Go does not parse any further.
fn is_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=[]_~".contains(&byte)
}
