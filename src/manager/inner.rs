//! The state that all clones and tasks of a manager share.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arc_swap::ArcSwap;
use tokio::sync::broadcast;

use super::{
    event::{CAPACITY, Event, Events},
    expiry::Expiry,
    flight::RefreshState,
    membership::Membership,
};
use crate::{
    client::Client,
    clock::Clock,
    error::{Error, Result, StoreError},
    platform::{self, MaybeSend},
    session::Session,
    store::{Revision, SessionStore, StoredSession},
};

/// The state that all clones and tasks of a manager share.
pub(super) struct Inner {
    pub(super) client: Client,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) refresh_state: Mutex<RefreshState>,
    /// Held while the tokens are being replaced, by a refresh or by a call that returns a session.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// The record of a sign-out that is still in the store, because it is being removed or that has failed. Boxed,
    /// because it is large and rarely present.
    pub(super) unremoved: Mutex<Option<Box<StoredSession>>>,
    /// Held while the store is being written.
    pub(super) writing: tokio::sync::Mutex<()>,
    current: ArcSwap<Current>,
    /// Keeps state and events in the same order. It is held briefly, and no foreign code runs under it.
    publishing: Mutex<()>,
    /// Created on first use: it is larger than the rest of the state, and few sessions have listeners.
    events: OnceLock<broadcast::Sender<Arc<Event>>>,
    /// The `KeepFresh` that refreshes this session, if any.
    membership: Mutex<Option<Membership>>,
}

/// The state, replaced as a whole.
pub(super) struct Current {
    /// Counts the changes. The results of work that was started in an earlier generation are discarded.
    pub(super) generation: u64,
    pub(super) active: Option<ActiveSession>,
}

/// A session and its expiry.
#[derive(Clone)]
pub(super) struct ActiveSession {
    pub(super) record: StoredSession,
    pub(super) expiry: Expiry,
    /// The revision in the store, as far as this process knows. `None` after the store has failed.
    pub(super) stored: Option<Revision>,
}

impl ActiveSession {
    pub(super) fn session(&self) -> &Session {
        &self.record.session
    }
}

/// Runs work to completion, even if the caller stops waiting for it.
pub(super) async fn spawned<T: MaybeSend + 'static>(work: impl Future<Output = T> + MaybeSend + 'static) -> Result<T> {
    platform::spawn(work).await.map_err(|_| Error::Interrupted)
}

impl Inner {
    /// Loads the session from the store.
    pub(super) async fn load(client: Client, store: Arc<dyn SessionStore>) -> Result<Self> {
        let record = store.load().await?;
        Ok(Self::with_stored(client, store, record))
    }

    /// Starts with the session that is in the store.
    pub(super) fn with_stored(client: Client, store: Arc<dyn SessionStore>, record: Option<StoredSession>) -> Self {
        let active = record.map(|record| {
            let expiry = Expiry::of_stored(&record.session, client.clock().uptime(), client.clock().now());
            ActiveSession { stored: Some(record.revision()), record, expiry }
        });
        Self {
            client,
            store,
            refresh_state: Mutex::default(),
            turn: tokio::sync::Mutex::new(()),
            unremoved: Mutex::default(),
            writing: tokio::sync::Mutex::new(()),
            current: ArcSwap::from_pointee(Current { generation: 0, active }),
            publishing: Mutex::new(()),
            events: OnceLock::new(),
            membership: Mutex::default(),
        }
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &**self.client.clock()
    }

    pub(super) fn current(&self) -> arc_swap::Guard<Arc<Current>> {
        self.current.load()
    }

    /// Returns the events from now on, starting with the current session.
    pub(super) fn events(&self) -> Events {
        let _order = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let session = self.current().active.as_ref().map(|active| active.session().clone());
        Events::new(session, self.subscribe())
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.get_or_init(|| broadcast::Sender::new(CAPACITY)).subscribe()
    }

    /// Joins a `KeepFresh`, and leaves the previous one.
    pub(super) fn join(self: &Arc<Self>, membership: Membership) {
        let mut current = self.membership.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that `Joined` is sent before any `Changed` or `Left`.
        let member: Weak<Self> = Arc::downgrade(self);
        membership.start(member);
        *current = Some(membership);
    }

    /// Replaces the state and sends the event, if the condition holds and something changes. Returns the session that
    /// was replaced.
    pub(super) fn publish(
        &self,
        condition: impl FnOnce(&Current) -> bool,
        active: Option<ActiveSession>,
        event: Event,
    ) -> Option<ActiveSession> {
        let _order = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current.load_full();
        if !condition(&before) || before.active.is_none() && active.is_none() {
            return None;
        }
        self.current.store(Arc::new(Current { generation: before.generation + 1, active }));
        self.send(event);
        if let Some(membership) = &*self.membership.lock().unwrap_or_else(PoisonError::into_inner) {
            membership.changed();
        }
        before.active.clone()
    }

    /// Sends an event to the listeners, if any.
    pub(super) fn send(&self, event: Event) {
        if let Some(events) = self.events.get() {
            let _ = events.send(Arc::new(event));
        }
    }

    /// Sends an event if the store has failed. The session stays in memory.
    pub(super) fn report(&self, stored: Result<(), StoreError>) {
        if let Err(error) = stored {
            self.send(Event::StoreFailed(error));
        }
    }
}
