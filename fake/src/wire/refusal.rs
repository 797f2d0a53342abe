//! Requests that Go's HTTP server refuses before a handler reads them.

use http::{Method, Version, header, request::Parts};

use crate::wire::{request::is_encoded, response::Response};

/// The largest head of a request that Go reads, in bytes.
pub(super) const LARGEST_HEAD: usize = (1 << 20) + 4096;

/// Returns the refusal of a request, if it is refused.
pub(crate) fn of(head: &Parts) -> Option<Response> {
    if size_of(head) > LARGEST_HEAD {
        return Some(Response { status: 431, ..bad_request("431 Request Header Fields Too Large") });
    }
    let hosts = head.headers.get_all(header::HOST).iter().count();
    if hosts > 1 {
        return Some(bad_request("400 Bad Request"));
    }
    if hosts == 0 && head.version == Version::HTTP_11 {
        return Some(bad_request("400 Bad Request: missing required Host header"));
    }
    if head.method == Method::OPTIONS && head.uri.path() == "*" {
        return Some(Response::new(200));
    }
    if head.headers.get(header::HOST).is_some_and(|host| !host.as_bytes().iter().copied().all(is_in_host)) {
        return Some(bad_request("400 Bad Request: malformed Host header"));
    }
    let encodings = head.headers.get_all(header::TRANSFER_ENCODING);
    let is_chunked = encodings.iter().all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    if !is_chunked || encodings.iter().count() > 1 {
        return Some(Response { status: 501, ..bad_request("Unsupported transfer encoding") });
    }
    let is_path = head.uri.path().starts_with('/') || head.uri.path() == "*" || head.method == Method::CONNECT;
    let has_port = head.uri.authority().is_none_or(|authority| is_port(authority.as_str()));
    if !is_path || !has_port || !is_encoded(head.uri.path().as_bytes()) {
        return Some(bad_request("400 Bad Request"));
    }
    let expect = head.headers.get(header::EXPECT).map(http::HeaderValue::as_bytes);
    let is_unknown = expect.is_some_and(|expect| !expect.is_empty() && !expect.eq_ignore_ascii_case(b"100-continue"));
    is_unknown.then(|| Response::new(417).header("connection", "close"))
}

/// Returns the size of a head, in bytes.
fn size_of(head: &Parts) -> usize {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    head.method.as_str().len() + target + "  HTTP/1.1\r\n\r\n".len() + headers.sum::<usize>()
}

/// Returns whether an authority ends with a number, if it has a port.
fn is_port(authority: &str) -> bool {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    port.contains(']') || port.bytes().all(|byte| byte.is_ascii_digit())
}

fn bad_request(text: &str) -> Response {
    Response::new(400).body("text/plain; charset=utf-8", text.to_owned()).header("connection", "close")
}

/// Returns whether a byte may be in the header `Host`, which Go does not parse any further.
fn is_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=[]_~".contains(&byte)
}
