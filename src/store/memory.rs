//! A store that forgets.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Lease, Revision, SessionStore, StoreFuture, StoredSession};

/// Keeps the session as long as the process lives. Clones share it.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let auth = client.session_manager(gotrue::MemoryStore::new()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    record: Arc<Mutex<Option<StoredSession>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryStore {
    /// A store without a session.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> bool {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = record.as_ref().map(StoredSession::revision) == expected;
        if fits {
            *record = new;
        }
        fits
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
        Box::pin(async { Ok(Lease::new(self.turn.clone().lock_owned().await)) })
    }
}
