//! Responses that cannot be used: neither an error response nor a success with the expected body.

use std::{error::Error as StdError, fmt};

use bytes::Bytes;
use reqwest::{
    StatusCode,
    header::{HeaderMap, LOCATION},
};
use url::Url;

use super::{ResponseMeta, prefix, text};
use crate::{
    operation::Operation,
    redact::{Redactor, redact},
};

/// A response that cannot be used: a success with an unexpected body, such as a proxy's page or a field of another
/// type, or a redirect.
#[derive(Debug)]
pub struct UnreadableResponse {
    pub(super) operation: Option<&'static Operation>,
    pub(super) status: Option<StatusCode>,
    content_type: Option<String>,
    location: Option<String>,
    excerpt: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) is_temporary: bool,
    cause: Redacted,
}

impl UnreadableResponse {
    /// Creates the error for a success with an unexpected body.
    pub(super) fn of_body(meta: &ResponseMeta, body: &Bytes, cause: &serde_json::Error) -> Self {
        // A retry does not change JSON of another type. Anything else was sent by an intermediary.
        let is_temporary = !cause.is_data();
        Self { is_temporary, excerpt: excerpt(meta, body), ..Self::new(meta, &cause.to_string()) }
    }

    /// Creates the error for a status that is neither a success nor an error. Redirects are not followed, because they
    /// are meant for browsers.
    pub(super) fn of_status(meta: &ResponseMeta, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let permanent = [StatusCode::MULTIPLE_CHOICES, StatusCode::MOVED_PERMANENTLY, StatusCode::PERMANENT_REDIRECT];
        Self {
            location: text(headers, LOCATION.as_str()).and_then(|location| redacted_location(meta, location)),
            is_temporary: !permanent.contains(&status),
            excerpt: excerpt(meta, body),
            ..Self::new(meta, &format!("expected a success or an error, got status {status}"))
        }
    }

    /// Creates the error for a response that a retry does not improve.
    pub(super) fn new(meta: &ResponseMeta, cause: &str) -> Self {
        let redactor = meta.redactor();
        Self {
            operation: meta.operation,
            status: meta.status,
            content_type: meta.content_type().map(|content_type| redactor.redact(content_type)),
            location: None,
            excerpt: None,
            request_id: meta.request_id().map(|id| redactor.blank(id)),
            is_temporary: false,
            cause: Redacted(redactor.redact(cause)),
        }
    }

    /// Returns the URL that a redirect leads to, without its query and fragment.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }
}

/// Returns the start of a body, unless it may be a session, which is never shown.
fn excerpt(meta: &ResponseMeta, body: &[u8]) -> Option<String> {
    let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    let looks_like_json = [b"{", b"[", b"\""].iter().any(|sign| start.starts_with(*sign));
    let is_json = looks_like_json || meta.content_type().is_some_and(|content_type| content_type.contains("json"));
    (!is_json && !body.is_empty()).then(|| meta.redactor().excerpt(body))
}

/// Returns where a redirect leads, without the parts of a URL that may contain secrets.
fn redacted_location(meta: &ResponseMeta, location: &str) -> Option<String> {
    let url = match meta.sent() {
        Some(sent) => sent.url().join(location),
        None => Url::parse(location),
    };
    let url = url.ok()?;
    let redactor: Redactor = meta.redactor();
    let host = url.host_str().map(|host| redactor.blank(host)).unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = redact(&redactor.blank(url.path()));
    Some(format!("{}://{host}{port}{path}", url.scheme()))
}

impl fmt::Display for UnreadableResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&prefix(self.operation))?;
        if let (Some(status), Some(location)) = (self.status, &self.location) {
            return write!(f, "unexpected redirect (status {}) to {location}", status.as_u16());
        }
        f.write_str("the response cannot be read")?;
        if let Some(status) = self.status {
            write!(f, " (status {}, {})", status.as_u16(), self.content_type.as_deref().unwrap_or("no content type"))?;
        }
        self.excerpt.as_ref().map_or(Ok(()), |excerpt| write!(f, ": {excerpt}"))
    }
}

impl StdError for UnreadableResponse {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.cause)
    }
}

/// The redacted text of a cause, which may have quoted the body.
#[derive(Debug)]
struct Redacted(String);

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Redacted {}
