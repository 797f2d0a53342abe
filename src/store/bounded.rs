//! A limit on how long the session manager waits for a store.

use std::{io, time::Duration};

use super::{Lease, Revision, SessionStore, StoreChanges, StoreFuture, StoredSession};
use crate::{error::StoreError, platform::timeout};

/// A store whose operations fail if they take longer than a timeout. The lease fails after half of it, because a
/// refresh without the lease follows.
#[derive(Debug)]
pub(crate) struct BoundedStore<S> {
    store: S,
    timeout: Duration,
}

impl<S: SessionStore> BoundedStore<S> {
    pub(crate) fn new(store: S, timeout: Duration) -> Self {
        Self { store, timeout }
    }
}

impl<S: SessionStore> SessionStore for BoundedStore<S> {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        bounded("read the session", self.timeout, self.store.load())
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        bounded("write the session", self.timeout, self.store.compare_and_swap(expected, new))
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        bounded("acquire the refresh lease", self.timeout / 2, self.store.lease())
    }

    fn changes(&self) -> Option<StoreChanges> {
        self.store.changes()
    }
}

fn bounded<'a, T: 'a>(action: &'static str, limit: Duration, operation: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
    let timed_out = move |_| {
        let cause = io::Error::new(io::ErrorKind::TimedOut, format!("no result within {limit:?}"));
        Err(StoreError::new(action, cause))
    };
    Box::pin(async move { timeout(limit, operation).await.unwrap_or_else(timed_out) })
}

#[cfg(test)]
mod tests {
    use std::{error::Error, future::pending};

    use super::*;

    #[derive(Debug)]
    struct HangingStore;

    impl SessionStore for HangingStore {
        fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
            Box::pin(pending())
        }

        fn compare_and_swap(&self, _: Option<Revision>, _: Option<StoredSession>) -> StoreFuture<'_, bool> {
            Box::pin(pending())
        }

        fn lease(&self) -> StoreFuture<'_, Lease> {
            Box::pin(pending())
        }
    }

    fn limit_of<T>(result: Result<T, StoreError>) -> String {
        result.err().unwrap().source().unwrap().to_string()
    }

    #[tokio::test]
    async fn a_lease_is_waited_for_half_as_long_as_the_other_operations() {
        let store = BoundedStore::new(HangingStore, Duration::from_millis(20));
        assert_eq!(limit_of(store.load().await), "no result within 20ms");
        assert_eq!(limit_of(store.compare_and_swap(None, None).await), "no result within 20ms");
        assert_eq!(limit_of(store.lease().await), "no result within 10ms");
    }
}
