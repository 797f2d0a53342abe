//! Missing and incomplete responses.

use std::{error::Error as StdError, fmt};

use reqwest::StatusCode;

use super::{ResponseMeta, prefix};
use crate::{operation::Operation, platform};

/// No response, or only part of one.
#[derive(Debug)]
pub struct ConnectionError {
    pub(super) operation: Option<&'static Operation>,
    pub(super) status: Option<StatusCode>,
    source: reqwest::Error,
}

impl ConnectionError {
    pub(super) fn new(meta: &ResponseMeta, source: reqwest::Error) -> Self {
        Self { operation: meta.operation, status: meta.status, source: source.without_url() }
    }

    /// Returns whether the connection could not be established, so that the server cannot have received the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        platform::http::is_connect(&self.source)
    }

    /// Returns whether the call took longer than the client's timeout.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.source.is_timeout()
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_timeout() {
            "the server did not respond in time"
        } else if self.is_connect() {
            "the server could not be reached"
        } else if self.status.is_some() {
            "the connection broke during the response"
        } else {
            "the connection broke before the response"
        };
        write!(f, "{}{what}", prefix(self.operation))
    }
}

impl StdError for ConnectionError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}
