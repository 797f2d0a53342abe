//! Metadata of a call, for errors.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};

use super::{SentRequest, request_id};
use crate::{operation::Operation, redact::Redactor};

/// The parts of a call that an error needs and that the raw client's errors may lack.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseMeta {
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) status: Option<StatusCode>,
    /// Whether the request was sent with a user's access token.
    pub(crate) is_user: bool,
    /// The uptime at which the request was started, before anything was sent.
    pub(crate) started: Duration,
    sent: Option<SentRequest>,
    content_type: Option<HeaderValue>,
    request_id: Option<HeaderValue>,
}

impl ResponseMeta {
    /// Creates the metadata that is known before the request is sent.
    pub(crate) fn of_request(operation: Option<&'static Operation>, is_user: bool, started: Duration) -> Self {
        Self { operation, is_user, started, ..Self::default() }
    }

    pub(crate) fn with_request(self, sent: Option<SentRequest>) -> Self {
        Self { sent, ..self }
    }

    pub(crate) fn with_response(self, status: StatusCode, headers: &HeaderMap) -> Self {
        let content_type = headers.get(CONTENT_TYPE).cloned();
        Self { status: Some(status), content_type, request_id: request_id(headers).cloned(), ..self }
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.content_type.as_ref()?.to_str().ok()
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref()?.to_str().ok()
    }

    pub(crate) fn sent(&self) -> Option<&SentRequest> {
        self.sent.as_ref()
    }

    /// Returns a redactor for the secrets of the request, which are collected only now.
    pub(crate) fn redactor(&self) -> Redactor {
        self.sent.as_ref().map(SentRequest::redactor).unwrap_or_default()
    }
}
