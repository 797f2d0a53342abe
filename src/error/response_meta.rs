//! What is known of a response when an error is made of it.

use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};

use super::request_id;
use crate::operation::Operation;

/// The parts of a response that an error needs and that the raw client's errors may lack.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseMeta {
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) status: Option<StatusCode>,
    content_type: Option<HeaderValue>,
    request_id: Option<HeaderValue>,
}

impl ResponseMeta {
    /// Nothing is known but the operation.
    pub(crate) fn of_request(operation: Option<&'static Operation>) -> Self {
        Self { operation, ..Self::default() }
    }

    pub(crate) fn new(operation: Option<&'static Operation>, status: StatusCode, headers: &HeaderMap) -> Self {
        let content_type = headers.get(CONTENT_TYPE).cloned();
        Self { operation, status: Some(status), content_type, request_id: request_id(headers).cloned() }
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.content_type.as_ref()?.to_str().ok()
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref()?.to_str().ok()
    }
}
