//! Responses, and the ways in which one may be cut off.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::Value;

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How long to wait before it is sent, by the clock of this machine.
    pub(crate) delay: Option<Duration>,
    pub(crate) cut: Option<Cut>,
}

/// Where a response is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Before its first byte, by a reset.
    Reset,
    /// In its body, by a reset.
    ResetInBody,
    /// In its body, by closing the connection.
    Truncated,
}

impl Response {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), delay: None, cut: None }
    }

    /// Sets a header. A value that HTTP does not allow is left out.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Sets the body and its media type.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    pub(crate) fn delay(self, delay: Duration) -> Self {
        Self { delay: Some(delay), ..self }
    }

    pub(crate) fn cut(self, cut: Cut) -> Self {
        Self { cut: Some(cut), ..self }
    }

    /// Sets the header `Date`.
    pub(crate) fn dated(self, now: DateTime<Utc>) -> Self {
        self.header("date", &now.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }
}

/// Returns a JSON response.
pub(crate) fn json_response(status: u16, body: &impl Serialize) -> Response {
    let mut body = serde_json::json!(body);
    add_nulls(&mut body);
    Response::new(status).body("application/json", body.to_string())
}

/// Adds the one member that the server sends even when it is empty: `last_challenged_at` of a factor.
fn add_nulls(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(add_nulls),
        Value::Object(members) => {
            if members.contains_key("factor_type") && members.contains_key("status") {
                members.entry("last_challenged_at").or_insert(Value::Null);
            }
            members.values_mut().for_each(add_nulls);
        }
        _ => {}
    }
}

/// Returns a redirect with the short HTML page that Go sends along.
pub(crate) fn redirect(status: u16, location: &str) -> Response {
    // A header is ASCII, so other characters are percent-encoded; the rest stays unchanged.
    let mut encoded = String::new();
    for character in location.chars() {
        match character {
            ' '..='~' => encoded.push(character),
            other => encoded.extend(url::form_urlencoded::byte_serialize(other.encode_utf8(&mut [0; 4]).as_bytes())),
        }
    }
    let reason = if status == 303 { "See Other" } else { "Found" };
    let body = format!("<a href=\"{}\">{reason}</a>.\n\n", encoded.replace('&', "&amp;"));
    Response::new(status).header("location", &encoded).body("text/html; charset=utf-8", body)
}
