//! A limit on how long the session manager waits for a store.

use std::{io, time::Duration};

use tokio::time::timeout;

use super::{Lease, Revision, SessionStore, StoreFuture, StoredSession};
use crate::error::StoreError;

/// A store whose operations fail if they take longer than a timeout.
#[derive(Debug)]
pub(crate) struct BoundedStore<S> {
    store: S,
    timeout: Duration,
}

impl<S: SessionStore> BoundedStore<S> {
    pub(crate) fn new(store: S, timeout: Duration) -> Self {
        Self { store, timeout }
    }

    fn bounded<'a, T: 'a>(&self, action: &'static str, operation: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        let limit = self.timeout;
        let timed_out = move |_| {
            let cause = io::Error::new(io::ErrorKind::TimedOut, format!("not done within {limit:?}"));
            Err(StoreError::new(action, cause))
        };
        Box::pin(async move { timeout(limit, operation).await.unwrap_or_else(timed_out) })
    }
}

impl<S: SessionStore> SessionStore for BoundedStore<S> {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.bounded("read the session", self.store.load())
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        self.bounded("write the session", self.store.compare_and_swap(expected, new))
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        self.bounded("acquire the refresh lease", self.store.lease())
    }
}
