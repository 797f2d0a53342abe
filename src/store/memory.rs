//! Stores in memory.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use super::{LEASE_TIMEOUT, Lease, Revision, SessionStore, SessionStores, StoreFuture, StoredSession};
use crate::{
    error::{Result, StoreError},
    input,
    platform::timeout,
};

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

    /// Returns whether there is no session and no other clone.
    fn is_abandoned(&self) -> bool {
        let is_shared = Arc::strong_count(&self.record) > 1 || Arc::strong_count(&self.lease) > 1;
        !is_shared && self.record.lock().unwrap_or_else(PoisonError::into_inner).is_none()
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

/// The sessions of a service with one process, until it ends. Clones share them.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// use gotrue::store::{MemoryStores, SessionStores};
///
/// let sessions = MemoryStores::new();
/// let auth = client.session_manager(sessions.session("4711")?).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryStores(Arc<Mutex<OpenStores>>);

#[derive(Debug, Default)]
struct OpenStores {
    by_id: HashMap<String, MemoryStore>,
    /// The number of stores at which those without a session are dropped.
    limit: usize,
}

impl MemoryStores {
    /// Creates stores without sessions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl SessionStores for MemoryStores {
    fn session(&self, id: &str) -> Result<Arc<dyn SessionStore>> {
        input::not_empty("session id", id)?;
        let mut stores = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.by_id.get(id) {
            return Ok(Arc::new(store.clone()));
        }
        if stores.by_id.len() >= stores.limit {
            stores.by_id.retain(|_, store| !store.is_abandoned());
            stores.limit = 2 * stores.by_id.len() + 16;
        }
        let store = MemoryStore::new();
        stores.by_id.insert(id.to_owned(), store.clone());
        Ok(Arc::new(store))
    }
}
