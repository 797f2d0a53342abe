//! What the clones and the tasks of a manager share: the state, its changes, and the store.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::broadcast;

use super::{
    Event, Events, SignedOutReason, event::CAPACITY, expiry::Expiry, keep_fresh::Membership, refresh::RefreshState,
};
use crate::{
    client::Client,
    clock::Clock,
    error::{Error, Result, StoreError},
    session::Session,
    store::{Revision, SessionStore, StoredSession},
    types::{SignOutScope, User},
};

/// How often a write to the store is tried again when other processes write at the same time.
const STORE_ATTEMPTS: usize = 8;

/// What the clones and the tasks of a manager share.
pub(super) struct Inner {
    pub(super) client: Client,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) flights: Mutex<RefreshState>,
    current: ArcSwap<Current>,
    /// Keeps state and events in the same order. ActiveSession for moments; nobody's code runs under it.
    publishing: Mutex<()>,
    /// One writer to the store at a time.
    writing: tokio::sync::Mutex<()>,
    /// Made when somebody first asks for events: it is larger than all the rest, and few sessions have listeners.
    events: OnceLock<broadcast::Sender<Arc<Event>>>,
    /// Who keeps it fresh besides, as one of many.
    membership: Mutex<Option<Membership>>,
}

/// The state, replaced as a whole.
pub(super) struct Current {
    /// Counts the changes. What was begun under another number comes too late.
    pub(super) generation: u64,
    pub(super) held: Option<ActiveSession>,
}

/// A session, and until when it is good.
#[derive(Clone)]
pub(super) struct ActiveSession {
    pub(super) record: StoredSession,
    pub(super) expiry: Expiry,
    /// What this session knows to be in the store. Nothing when the store failed, and may hold anything.
    pub(super) stored: Option<Revision>,
}

impl ActiveSession {
    pub(super) fn session(&self) -> &Session {
        &self.record.session
    }
}

/// Runs something to its end, even when whoever waits for it goes away.
pub(super) async fn spawned<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(|_| Error::Interrupted)
}

impl Inner {
    /// Begins with the session that is in the store.
    pub(super) async fn load(client: Client, store: Arc<dyn SessionStore>) -> Result<Self> {
        let held = store.load().await?.map(|record| {
            let expiry = Expiry::of_stored(&record.session, client.clock().uptime(), client.clock().now());
            ActiveSession { stored: Some(record.revision()), record, expiry }
        });
        Ok(Self {
            client,
            store,
            flights: Mutex::default(),
            current: ArcSwap::from_pointee(Current { generation: 0, held }),
            publishing: Mutex::new(()),
            writing: tokio::sync::Mutex::new(()),
            events: OnceLock::new(),
            membership: Mutex::default(),
        })
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &**self.client.clock()
    }

    pub(super) fn current(&self) -> arc_swap::Guard<Arc<Current>> {
        self.current.load()
    }

    /// The events from now on, beginning with the session as it is.
    pub(super) fn events(&self) -> Events {
        let _order = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let session = self.current().held.as_ref().map(|held| held.session().clone());
        Events::new(session, self.subscribe())
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.get_or_init(|| broadcast::Sender::new(CAPACITY)).subscribe()
    }

    /// Somebody keeps it fresh as one of many, and nobody else any more.
    pub(super) fn kept_by(self: &Arc<Self>, membership: Membership) {
        let mut place = self.membership.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock: it begins before it tells of a change, or of its end.
        membership.begins(Arc::downgrade(self));
        *place = Some(membership);
    }

    /// Replaces the state and tells of it, if the condition holds and there is a change. Returns what was held before.
    pub(super) fn publish(
        &self,
        condition: impl FnOnce(&Current) -> bool,
        held: Option<ActiveSession>,
        event: Event,
    ) -> Option<ActiveSession> {
        let _order = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current.load_full();
        if !condition(&before) || before.held.is_none() && held.is_none() {
            return None;
        }
        self.current.store(Arc::new(Current { generation: before.generation + 1, held }));
        self.tell(event);
        if let Some(membership) = &*self.membership.lock().unwrap_or_else(PoisonError::into_inner) {
            membership.changed();
        }
        before.held.clone()
    }

    /// Tells of something. Nobody need listen.
    pub(super) fn tell(&self, event: Event) {
        if let Some(events) = self.events.get() {
            let _ = events.send(Arc::new(event));
        }
    }

    /// A new sign-in: kept, stored, told of.
    pub(super) async fn begin(&self, session: Session, expiry: Expiry, event: fn(Session) -> Event) {
        let _turn = self.writing.lock().await;
        let Ok(record) = StoredSession::of_sign_in(session.clone()) else {
            return self.tell(Event::StoreFailed(StoreError::new("name a session", "no randomness")));
        };
        let written = self.overwrite(&record).await;
        let stored = written.is_ok().then(|| record.revision());
        self.publish(|_| true, Some(ActiveSession { record, expiry, stored }), event(session));
        self.note(written);
    }

    /// The user of the session has changed.
    pub(super) async fn keep_user(&self, user: User) {
        let _turn = self.writing.lock().await;
        let current = self.current.load_full();
        let Some(held) = current.held.as_ref().filter(|held| held.session().user().id == user.id) else { return };
        let Ok(record) = held.record.followed_by(held.session().clone().with_user(user.clone())) else { return };
        let (stored, written) = self.replace(held.stored, &record).await;
        let expiry = held.expiry;
        let unchanged = |now: &Current| now.generation == current.generation;
        self.publish(unchanged, Some(ActiveSession { record, expiry, stored }), Event::UserUpdated(user));
        self.note(written);
    }

    /// A newer session of the same sign-in, from the server or from the store. False when it comes too late.
    pub(super) async fn renew(
        &self,
        generation: u64,
        before: &ActiveSession,
        session: Session,
    ) -> Option<ActiveSession> {
        let expiry = Expiry::of_new(&session, self.clock().uptime());
        let _turn = self.writing.lock().await;
        if self.current.load().generation != generation {
            return None;
        }
        let record = before.record.followed_by(session.clone()).ok()?;
        let (stored, written) = self.replace(before.stored, &record).await;
        let held = ActiveSession { record, expiry, stored };
        let kept = self.publish(|now| now.generation == generation, Some(held.clone()), Event::TokenRefreshed(session));
        self.note(written);
        kept.map(|_| held)
    }

    /// Puts a record in the place of the one that is known to be there, and tells what is known to be there then.
    async fn replace(
        &self,
        before: Option<Revision>,
        record: &StoredSession,
    ) -> (Option<Revision>, Result<(), StoreError>) {
        let written = match before {
            Some(_) => self.store.compare_and_swap(before, Some(record.clone())).await,
            None => self.overwrite(record).await.map(|()| true),
        };
        let stored = match written {
            Ok(true) => Some(record.revision()),
            // Another process has written in between; the next refresh will find its record.
            Ok(false) => before,
            Err(_) => None,
        };
        (stored, written.map(drop))
    }

    /// Takes over what another process has stored.
    pub(super) fn adopt(
        &self,
        generation: u64,
        before: &ActiveSession,
        record: StoredSession,
    ) -> Option<ActiveSession> {
        let expiry = Expiry::of_stored(&record.session, self.clock().uptime(), self.clock().now());
        let session = record.session.clone();
        let same = record.sign_in() == before.record.sign_in();
        let event = if same { Event::TokenRefreshed(session) } else { Event::SignedIn(session) };
        let held = ActiveSession { stored: Some(record.revision()), record, expiry };
        self.publish(|now| now.generation == generation, Some(held.clone()), event).map(|_| held)
    }

    /// The session is over, and not because it was asked for.
    pub(super) async fn end(&self, generation: u64, before: &ActiveSession, reason: SignedOutReason) {
        let _turn = self.writing.lock().await;
        let ended = self.publish(|now| now.generation == generation, None, Event::SignedOut(reason));
        if ended.is_some() && before.stored.is_some() {
            let removed = self.store.compare_and_swap(before.stored, None).await;
            self.note(removed.map(drop));
        }
    }

    /// Removes the record of a sign-in, however often it was refreshed since; the record of another one stays.
    pub(super) async fn remove_sign_in(&self, signed_out: &StoredSession) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        let removed = self
            .swap(|there| match there {
                Some(record) if record.sign_in() == signed_out.sign_in() => Some(None),
                _ => None,
            })
            .await;
        self.note(removed.clone());
        removed
    }

    async fn overwrite(&self, record: &StoredSession) -> Result<(), StoreError> {
        self.swap(|_| Some(Some(record.clone()))).await
    }

    /// Changes the record by what is there, as often as others are faster.
    async fn swap(
        &self,
        change: impl Fn(Option<&StoredSession>) -> Option<Option<StoredSession>>,
    ) -> Result<(), StoreError> {
        for _ in 0..STORE_ATTEMPTS {
            let there = self.store.load().await?;
            let Some(new) = change(there.as_ref()) else { return Ok(()) };
            if self.store.compare_and_swap(there.map(|record| record.revision()), new).await? {
                return Ok(());
            }
        }
        Err(StoreError::new("write the session", "others write all the time"))
    }

    /// A store that fails does not fail the session, which lives on in memory.
    pub(super) fn note(&self, stored: Result<(), StoreError>) {
        if let Err(error) = stored {
            self.tell(Event::StoreFailed(error));
        }
    }

    /// Ends the session at the server, which may know already.
    pub(super) async fn tell_of_sign_out(&self, held: &ActiveSession, scope: SignOutScope) -> Result<()> {
        let has_expired = held.expiry.expires_at <= self.clock().uptime();
        let token = if has_expired {
            // Without a good access token the server would not listen, and the refresh token would live on.
            match self.client.refresh(held.session().refresh_token()).await {
                Ok(session) => session.access_token().clone(),
                Err(error) if error.ends_session() => return Ok(()),
                Err(error) => return Err(error),
            }
        } else {
            held.session().access_token().clone()
        };
        match self.client.user(token).sign_out(scope).await {
            Err(error) if error.status().is_some_and(|status| matches!(status.as_u16(), 401 | 403 | 404)) => Ok(()),
            other => other,
        }
    }
}
