//! Errors of session stores.

use std::{error::Error as StdError, fmt, sync::Arc};

/// A failure of a session store, such as a full disk or an unreachable database.
#[derive(Clone, Debug)]
pub struct StoreError {
    action: &'static str,
    source: Arc<dyn StdError + Send + Sync>,
}

impl StoreError {
    /// Creates the error of an action that failed, such as "write the session".
    pub fn new(action: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { action, source: source.into().into() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the session store could not {}", self.action)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
