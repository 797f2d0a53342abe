//! Changes of the store by other processes or tabs, as they happen.

use std::sync::Arc;

use futures_util::StreamExt;

use super::{
    event::{Event, SignedOutReason},
    expiry::Expiry,
    inner::{ActiveSession, Current, Inner},
};
use crate::{
    platform::{self, Task},
    store::{StoreChanges, StoredSession},
};

/// Applies the changes that other processes or tabs make to the store, until it is dropped. From
/// [`SessionManager::follow_store`](super::SessionManager::follow_store).
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct FollowStore(Option<Task<()>>);

impl FollowStore {
    pub(super) fn start(inner: Arc<Inner>) -> Self {
        let changes = inner.store.changes();
        Self(changes.map(|changes| platform::spawn(run(inner, changes))))
    }
}

impl Drop for FollowStore {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

async fn run(inner: Arc<Inner>, mut changes: StoreChanges) {
    // The store may have changed before the stream started.
    inner.reload().await;
    while changes.next().await.is_some() {
        inner.reload().await;
    }
}

impl Inner {
    /// Replaces the session with the stored one, if another process or tab has changed it.
    async fn reload(&self) {
        let _writing = self.writing.lock().await;
        let stored = match self.store.load().await {
            Ok(stored) => stored,
            Err(error) => return self.report(Err(error)),
        };
        let (generation, active) = {
            let current = self.current();
            (current.generation, current.active.clone())
        };
        match (active, stored) {
            (Some(active), Some(record)) if active.stored.is_some_and(|stored| stored != record.revision()) => {
                self.adopt(generation, &active, record);
            }
            (Some(active), None) if active.stored.is_some() => {
                self.publish(|_| true, None, Event::SignedOut(SignedOutReason::Missing));
            }
            (None, Some(record)) => self.adopt_sign_in(record),
            // The session is the stored one, or the store has failed before.
            _ => {}
        }
    }

    /// Takes over the session of a user who has signed in elsewhere.
    fn adopt_sign_in(&self, record: StoredSession) {
        let expiry = Expiry::of_stored(&record.session, self.clock().uptime(), self.clock().now());
        let event = Event::SignedIn(record.session.clone());
        let active = ActiveSession { stored: Some(record.revision()), record, expiry };
        // The record of a sign-out here may not be removed yet.
        let is_new = |current: &Current| current.active.is_none() && !self.is_signed_out(&active.record);
        self.publish(is_new, Some(active.clone()), event);
    }
}
