//! Errors of session stores.

use std::{error::Error as StdError, fmt, sync::Arc};

/// A store that failed: a full disk, a database that is away.
#[derive(Clone, Debug)]
pub struct StoreError {
    doing: &'static str,
    source: Arc<dyn StdError + Send + Sync>,
}

impl StoreError {
    /// A failure while doing something, such as "write the session".
    pub fn new(doing: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { doing, source: source.into().into() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store of sessions could not {}", self.doing)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
