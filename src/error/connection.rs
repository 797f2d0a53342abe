//! No answer.

use std::{error::Error as StdError, fmt};

use reqwest::StatusCode;

use super::{ResponseMeta, prefix};
use crate::operation::Operation;

/// No answer, or not all of it.
#[derive(Debug)]
pub struct ConnectionError {
    operation: Option<&'static Operation>,
    pub(super) status: Option<StatusCode>,
    source: reqwest::Error,
}

impl ConnectionError {
    pub(super) fn new(meta: &ResponseMeta, source: reqwest::Error) -> Self {
        Self { operation: meta.operation, status: meta.status, source: source.without_url() }
    }

    /// There was no connection, so the server certainly did not get the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.source.is_connect()
    }

    /// It took longer than the client's time-out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.source.is_timeout()
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_timeout() {
            "the server did not answer in time"
        } else if self.is_connect() {
            "the server could not be reached"
        } else if self.status.is_some() {
            "the connection broke within the answer"
        } else {
            "the connection broke before the answer"
        };
        write!(f, "{}{what}", prefix(self.operation))
    }
}

impl StdError for ConnectionError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}
