//! A store in memory.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use super::{LEASE_TIMEOUT, Lease, Revision, SessionStore, StoreFuture, StoredSession};
use crate::{error::StoreError, platform::timeout};

/// Stores the session until the process ends. Clones share it.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let auth = client.session_manager(gotrue::MemoryStore::new()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    record: Arc<Mutex<Option<StoredSession>>>,
    lease: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryStore {
    /// Creates a store without a session.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[cfg(feature = "web")]
    pub(crate) fn with_record(record: Option<StoredSession>) -> Self {
        Self { record: Arc::new(Mutex::new(record)), ..Self::default() }
    }

    fn swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> bool {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let is_expected = record.as_ref().map(StoredSession::revision) == expected;
        if is_expected {
            *record = new;
        }
        is_expected
    }
}

impl SessionStore for MemoryStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async { Ok(record) })
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        Box::pin(async move { Ok(self.swap(expected, new)) })
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        Box::pin(async {
            let guard = timeout(LEASE_TIMEOUT, self.lease.clone().lock_owned()).await;
            let timed_out = |_| StoreError::new("acquire the refresh lease", io::Error::from(io::ErrorKind::TimedOut));
            guard.map(Lease::new).map_err(timed_out)
        })
    }
}
