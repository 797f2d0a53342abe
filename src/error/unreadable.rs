//! Answers that cannot be read.

use std::{error::Error as StdError, fmt};

use bytes::Bytes;
use reqwest::StatusCode;

use super::{ResponseMeta, prefix};
use crate::{
    operation::Operation,
    redact::{excerpt, redact},
};

/// A success by its status, with a body that is not what it should be: a page of a proxy, or a field of another type.
#[derive(Debug)]
pub struct UnreadableReply {
    operation: Option<&'static Operation>,
    pub(super) status: Option<StatusCode>,
    content_type: Option<String>,
    excerpt: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) transient: bool,
    cause: Redacted,
}

impl UnreadableReply {
    pub(super) fn new(meta: &ResponseMeta, body: &Bytes, cause: &serde_json::Error) -> Self {
        // JSON of another shape will have it tomorrow as well; what is no JSON came from something in between.
        Self::with_cause(meta, body, &cause.to_string(), !cause.is_data())
    }

    pub(super) fn with_cause(meta: &ResponseMeta, body: &[u8], cause: &str, transient: bool) -> Self {
        // What looks like JSON may be a session; of that nothing is shown.
        let is_json = body.trim_ascii_start().starts_with(b"{") || body.trim_ascii_start().starts_with(b"[");
        Self {
            operation: meta.operation,
            status: meta.status,
            content_type: meta.content_type().map(redact),
            excerpt: (!is_json && !body.is_empty()).then(|| excerpt(body)),
            request_id: meta.request_id().map(str::to_owned),
            transient,
            cause: Redacted(redact(cause)),
        }
    }
}

impl fmt::Display for UnreadableReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}the answer cannot be read", prefix(self.operation))?;
        if let Some(status) = self.status {
            write!(f, " (status {}, {})", status.as_u16(), self.content_type.as_deref().unwrap_or("no content type"))?;
        }
        match &self.excerpt {
            Some(excerpt) => write!(f, ": {excerpt}"),
            None => Ok(()),
        }
    }
}

impl StdError for UnreadableReply {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.cause)
    }
}

/// The text of a cause that may have quoted the body, redacted.
#[derive(Debug)]
struct Redacted(String);

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Redacted {}
