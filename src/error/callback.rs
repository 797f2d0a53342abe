//! Errors from a callback URL.

use std::{error::Error as StdError, fmt, sync::Arc};

use super::Error;
use crate::types::ErrorCode;

/// An error in a redirect back to the application. Its texts are redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackError {
    /// The kind of error (RFC 6749, 4.1.2.1), such as `access_denied`. The server omits it in some cases.
    pub error: Option<String>,
    /// The server's code. Missing if the provider reported the error, and from older servers.
    pub code: Option<ErrorCode>,
    /// The description by the server or the provider, for logs.
    pub description: Option<String>,
    /// The id of the flow, if it was started with [`PkceFlow::redirect_to`](crate::auth::PkceFlow::redirect_to).
    pub flow_id: Option<String>,
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "the callback reports the error {error}")?,
            None => f.write_str("the callback reports an error")?,
        }
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        self.description.as_ref().map_or(Ok(()), |description| write!(f, ": {description}"))
    }
}

impl StdError for CallbackError {}

impl From<CallbackError> for Error {
    fn from(error: CallbackError) -> Self {
        Self::Callback(Arc::new(error))
    }
}
