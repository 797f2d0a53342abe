//! The common parts of the stores with blocking I/O: locks between processes, decoding, and a thread for the I/O.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::task::spawn_blocking;

use super::{Lease, Revision, StoreFuture, StoredSession, lock::Locks};
use crate::error::StoreError;

/// Storage for one record that several processes can access. Its methods block.
pub(super) trait StoreBackend: Send + Sync + 'static {
    /// Returns the bytes of the record.
    fn read(&self) -> io::Result<Option<Vec<u8>>>;

    /// Replaces the whole record, or removes it.
    fn write(&self, record: Option<&[u8]>) -> io::Result<()>;
}

/// A backend and the locks that coordinate processes.
#[derive(Debug)]
pub(super) struct LockedStore<B> {
    backend: B,
    locks: Locks,
    has_warned: AtomicBool,
}

impl<B: StoreBackend> LockedStore<B> {
    pub(super) fn new(backend: B, locks: Locks) -> Self {
        Self { backend, locks, has_warned: AtomicBool::new(false) }
    }

    pub(super) fn load(self: &Arc<Self>) -> StoreFuture<'static, Option<StoredSession>> {
        self.locked("read the session", Self::read)
    }

    pub(super) fn compare_and_swap(
        self: &Arc<Self>,
        expected: Option<Revision>,
        new: Option<StoredSession>,
    ) -> StoreFuture<'static, bool> {
        self.locked("write the session", move |store| {
            let is_expected = store.read()?.map(|record| record.revision()) == expected;
            if is_expected {
                let record = new.as_ref().map(StoredSession::to_json).transpose()?;
                store.backend.write(record.as_deref())?;
            }
            Ok(is_expected)
        })
    }

    pub(super) fn lease(self: &Arc<Self>) -> StoreFuture<'static, Lease> {
        let store = self.clone();
        Box::pin(async move {
            let lock = store.locks.for_refresh().await;
            lock.map(Lease::new).map_err(|error| StoreError::new("acquire the refresh lease", error))
        })
    }

    fn read(&self) -> io::Result<Option<StoredSession>> {
        // Signing out empties a file that cannot be removed.
        let Some(bytes) = self.backend.read()?.filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
        let record = StoredSession::from_json(&bytes).ok();
        if record.is_none() && !self.has_warned.swap(true, Ordering::Relaxed) {
            // The cause is omitted, because it may quote the record.
            tracing::warn!("the stored session cannot be read and counts as absent");
        }
        Ok(record)
    }

    /// Runs blocking work under the record lock. Once the work has started, it finishes even if the future is dropped.
    fn locked<T: Send + 'static>(
        self: &Arc<Self>,
        action: &'static str,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> StoreFuture<'static, T> {
        let store = self.clone();
        Box::pin(async move {
            let result = async {
                let lock = store.locks.for_record().await?;
                let locked_work = move || {
                    let _lock = lock;
                    work(&store)
                };
                spawn_blocking(locked_work).await?
            };
            result.await.map_err(|error| StoreError::new(action, error))
        })
    }
}
