//! Changes of the session, in memory and in the store.

use super::{
    event::{Event, SignedOutReason},
    expiry::Expiry,
    inner::{ActiveSession, Current, Inner},
};
use crate::{
    error::{Result, StoreError},
    session::Session,
    store::{Revision, StoredSession},
    types::User,
};

/// How often a write to the store is retried while other processes write.
const STORE_ATTEMPTS: usize = 8;

impl Inner {
    /// Starts a new sign-in, which replaces any other session.
    pub(super) async fn start(&self, session: Session, event: fn(Session) -> Event) {
        let expiry = Expiry::of_new(&session, self.clock().uptime());
        let _writing = self.writing.lock().await;
        let Ok(record) = StoredSession::of_sign_in(session.clone()) else {
            let cause = "the operating system's random number generator failed";
            return self.send(Event::StoreFailed(StoreError::new("generate a revision", cause)));
        };
        let written = self.overwrite(&record).await;
        let stored = written.is_ok().then(|| record.revision());
        let event = self.event_of_start(session, event);
        self.publish(|_| true, Some(ActiveSession { record, expiry, stored }), event);
        self.report(written);
    }

    /// Returns the event for a new session. A changed user who was not signed in here is one who signs in.
    fn event_of_start(&self, session: Session, event: fn(Session) -> Event) -> Event {
        let before = self.current().active.as_ref().map(|active| active.session().user().id);
        match event(session.clone()) {
            Event::UserUpdated(user) if before != Some(user.id) => Event::SignedIn(session),
            event => event,
        }
    }

    /// Replaces the user of the session, unless another user has signed in.
    pub(super) async fn replace_user(&self, user: User) {
        let _writing = self.writing.lock().await;
        let (generation, active) = {
            let current = self.current();
            let active = current.active.as_ref().filter(|active| active.session().user().id == user.id).cloned();
            let Some(active) = active else { return };
            (current.generation, active)
        };
        let session = active.session().clone().with_user(user.clone());
        let Ok(record) = active.record.followed_by(session) else { return };
        let (stored, written) = self.replace_record(active.stored, &record).await;
        let changed = ActiveSession { record, stored, expiry: active.expiry };
        self.publish(in_generation(generation), Some(changed), Event::UserUpdated(user));
        self.report(written);
    }

    /// Replaces the session with a newer one of the same sign-in. Returns `None` if the session has changed in the
    /// meantime.
    pub(super) async fn renew(
        &self,
        generation: u64,
        before: &ActiveSession,
        session: Session,
        event: fn(Session) -> Event,
    ) -> Option<ActiveSession> {
        let expiry = Expiry::of_new(&session, self.clock().uptime());
        let _writing = self.writing.lock().await;
        if self.current().generation != generation {
            return None;
        }
        let record = before.record.followed_by(session.clone()).ok()?;
        let (stored, written) = self.replace_record(before.stored, &record).await;
        let active = ActiveSession { record, expiry, stored };
        let replaced = self.publish(in_generation(generation), Some(active.clone()), event(session));
        self.report(written);
        replaced.map(|_| active)
    }

    /// Replaces the session with the one that another process has stored. Returns `None` if the session has changed in
    /// the meantime.
    pub(super) fn adopt(
        &self,
        generation: u64,
        before: &ActiveSession,
        record: StoredSession,
    ) -> Option<ActiveSession> {
        let expiry = Expiry::of_stored(&record.session, self.clock().uptime(), self.clock().now());
        let session = record.session.clone();
        let is_same_sign_in = record.sign_in() == before.record.sign_in();
        let event = if is_same_sign_in { Event::TokenRefreshed(session) } else { Event::SignedIn(session) };
        let active = ActiveSession { stored: Some(record.revision()), record, expiry };
        self.publish(in_generation(generation), Some(active.clone()), event).map(|_| active)
    }

    /// Ends the session for a reason other than a sign-out.
    pub(super) async fn end(&self, generation: u64, before: &ActiveSession, reason: SignedOutReason) {
        let _writing = self.writing.lock().await;
        let ended = self.publish(in_generation(generation), None, Event::SignedOut(reason));
        if ended.is_some() && before.stored.is_some() {
            let removed = self.store.compare_and_swap(before.stored, None).await;
            self.report(removed.map(drop));
        }
    }

    /// Removes the record of a sign-in, however often it was refreshed since. The record of another sign-in stays.
    pub(super) async fn remove_sign_in(&self, signed_out: &StoredSession) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let change = |stored: Option<&StoredSession>| match stored {
            Some(record) if record.sign_in() == signed_out.sign_in() => Some(None),
            _ => None,
        };
        let removed = self.swap(change).await;
        self.report(removed.clone());
        removed
    }

    /// Compare-and-swaps the record. Returns the revision now stored, as far as it is known.
    async fn replace_record(
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
            // Another process wrote in between; the next refresh finds its record.
            Ok(false) => before,
            Err(_) => None,
        };
        (stored, written.map(drop))
    }

    async fn overwrite(&self, record: &StoredSession) -> Result<(), StoreError> {
        self.swap(|_| Some(Some(record.clone()))).await
    }

    /// Changes the stored record, and retries if another process writes in between. `change` returns `None` to leave it
    /// unchanged.
    async fn swap(
        &self,
        change: impl Fn(Option<&StoredSession>) -> Option<Option<StoredSession>>,
    ) -> Result<(), StoreError> {
        for _ in 0..STORE_ATTEMPTS {
            let stored = self.store.load().await?;
            let Some(new) = change(stored.as_ref()) else { return Ok(()) };
            if self.store.compare_and_swap(stored.map(|record| record.revision()), new).await? {
                return Ok(());
            }
        }
        Err(StoreError::new("write the session", "other processes keep writing"))
    }
}

fn in_generation(generation: u64) -> impl FnOnce(&Current) -> bool {
    move |current| current.generation == generation
}
