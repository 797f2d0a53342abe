//! What stores outside of the process have in common: locks, bytes, and work that blocks.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Lease, Revision, StoreFuture, StoredSession, lock::Locks};
use crate::error::StoreError;

/// A backend for one record that several processes can reach. Its methods block.
pub(super) trait StoreBackend: Send + Sync + 'static {
    fn read(&self) -> io::Result<Option<Vec<u8>>>;

    /// Replaces the record as a whole, or removes it.
    fn write(&self, record: Option<&[u8]>) -> io::Result<()>;
}

/// A backend, and the locks by which processes take turns.
#[derive(Debug)]
pub(super) struct SharedStore<P> {
    pub(super) backend: P,
    locks: Locks,
    has_warned: AtomicBool,
}

impl<P: StoreBackend> SharedStore<P> {
    pub(super) fn new(backend: P, locks: Locks) -> Self {
        Self { backend, locks, has_warned: AtomicBool::new(false) }
    }

    pub(super) fn load(self: &Arc<Self>) -> StoreFuture<'static, Option<StoredSession>> {
        self.blocking("read the session", |shared| {
            let _lock = shared.locks.for_writing()?;
            shared.read()
        })
    }

    pub(super) fn compare_and_swap(
        self: &Arc<Self>,
        expected: Option<Revision>,
        new: Option<StoredSession>,
    ) -> StoreFuture<'static, bool> {
        self.blocking("write the session", move |shared| {
            let _lock = shared.locks.for_writing()?;
            let fits = shared.read()?.map(|record| record.revision()) == expected;
            if fits {
                let record = new.as_ref().map(StoredSession::to_json).transpose()?;
                shared.backend.write(record.as_deref())?;
            }
            Ok(fits)
        })
    }

    pub(super) fn lease(self: &Arc<Self>) -> StoreFuture<'static, Lease> {
        self.blocking("wait for its turn to refresh", |shared| shared.locks.for_refreshing().map(Lease::new))
    }

    fn read(&self) -> io::Result<Option<StoredSession>> {
        let Some(bytes) = self.backend.read()? else { return Ok(None) };
        let record = StoredSession::from_json(&bytes).ok();
        if record.is_none() && !self.has_warned.swap(true, Ordering::Relaxed) {
            // Without the cause, which may quote the record.
            tracing::warn!("the stored session cannot be read and counts as none");
        }
        Ok(record)
    }

    /// Does something that blocks, away from the tasks. It is done even if nobody waits for it.
    fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        doing: &'static str,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> StoreFuture<'static, T> {
        let shared = self.clone();
        let work = tokio::task::spawn_blocking(move || work(&shared));
        Box::pin(async move {
            let done = work.await.map_err(|error| StoreError::new(doing, error))?;
            done.map_err(|error| StoreError::new(doing, error))
        })
    }
}
