//! Single-flight token refresh.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{
    cooldown::Cooldown,
    event::{Event, SignedOutReason},
    flight::{Flight, Outcome, RefreshState},
    inner::{ActiveSession, Inner},
    membership::Member,
};
use crate::{
    error::{Error, Result, TokenError},
    platform::{self, BoxFuture},
    store::{Lease, StoredSession},
};

/// The exclusive right to replace the tokens, in this process and among the processes that share the store.
pub(super) struct Turn<'a> {
    _in_process: tokio::sync::MutexGuard<'a, ()>,
    _among_processes: Lease,
}

/// When a refresh is wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    Now,
    IfDue,
    /// If it is due or soon will be, for one session of many.
    IfNearlyDue,
}

/// How often a caller has the tokens refreshed, if every response takes longer than the lifetime of its token.
const MAX_REFRESHES: usize = 3;

/// The refreshes that one caller has waited for.
#[derive(Default)]
pub(super) struct Refreshes(usize);

impl Refreshes {
    pub(super) fn count(&mut self) {
        self.0 += 1;
    }
}

/// The record in the store, compared with the session of this process.
enum InStore {
    Same,
    Newer(Box<StoredSession>),
    Gone,
}

impl Inner {
    /// Returns the refresh in flight, or starts one if it is wanted at this time. After a failure, a caller who must
    /// wait for the refresh gets another one sooner.
    pub(super) fn flight(self: &Arc<Self>, wanted: Wanted) -> Flight {
        let mut state = self.refresh_state.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current();
        let Some(active) = &current.active else { return Flight::done(Outcome::Ended(Error::NoSession)) };
        // Checked under the lock, because another refresh may just have ended.
        let (is_wanted, is_urgent) = match wanted {
            Wanted::Now => (true, true),
            Wanted::IfDue => (self.is_due(active), self.is_last_moment(active)),
            Wanted::IfNearlyDue => {
                (self.clock().uptime() >= active.expiry.due_at.saturating_sub(earliest(active)), false)
            }
        };
        if !is_wanted {
            return Flight::done(Outcome::Refreshed(Box::new(active.session().clone())));
        }
        if let Some((sign_in, flight)) = &state.flight
            && *sign_in == active.record.sign_in()
            && !flight.is_done()
        {
            return flight.clone();
        }
        if let Some(error) = self.cooling_down(&state, active, is_urgent) {
            return Flight::done(Outcome::Failed(error));
        }
        let (sender, flight) = Flight::start();
        state.flight = Some((active.record.sign_in(), flight.clone()));
        let inner = self.clone();
        let (generation, active) = (current.generation, active.clone());
        platform::spawn(async move {
            let outcome = inner.refresh_now(generation, active).await;
            // The callers may have stopped waiting.
            sender.send_replace(Some(outcome));
        });
        flight
    }

    /// Returns the uptime at which the next refresh makes sense, or `None` without a session.
    pub(super) fn next_refresh(&self) -> Option<Duration> {
        self.next_refresh_before(|_| Duration::ZERO)
    }

    /// Returns a random moment shortly before [`next_refresh`](Self::next_refresh), so that sessions that started
    /// together are not all refreshed together.
    fn next_early_refresh(&self) -> Option<Duration> {
        // If randomness is unavailable, the sessions are refreshed together, which is acceptable.
        let random = getrandom::u32().unwrap_or_default();
        self.next_refresh_before(|active| earliest(active).mul_f64(f64::from(random) / f64::from(u32::MAX)))
    }

    fn next_refresh_before(&self, early: impl FnOnce(&ActiveSession) -> Duration) -> Option<Duration> {
        let state = self.refresh_state.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current();
        let active = current.active.as_ref()?;
        let cooldown =
            state.cooldown_of(active.record.revision()).map_or(Duration::ZERO, |cooldown| cooldown.until(false));
        Some(active.expiry.due_at.saturating_sub(early(active)).max(cooldown))
    }

    /// Returns whether a caller gets this access token without a further refresh.
    ///
    /// # Errors
    /// [`TokenError::Expired`] if it has expired again after several refreshes.
    pub(super) fn is_good_after(&self, refreshes: &Refreshes, active: &ActiveSession) -> Result<bool> {
        match refreshes.0 {
            0 => Ok(!self.is_due(active)),
            // After a slow response it is due at once, and valid all the same.
            _ if !self.has_expired(active) => Ok(true),
            MAX_REFRESHES => Err(TokenError::Expired(active.session().expires_at()).into()),
            _ => Ok(false),
        }
    }

    pub(super) fn is_due(&self, active: &ActiveSession) -> bool {
        self.clock().uptime() >= active.expiry.due_at
    }

    pub(super) fn is_last_moment(&self, active: &ActiveSession) -> bool {
        self.clock().uptime() >= active.expiry.last_moment_at
    }

    pub(super) fn has_expired(&self, active: &ActiveSession) -> bool {
        self.clock().uptime() >= active.expiry.expires_at
    }

    /// Returns the error of the last refresh, if it is too soon for another.
    fn cooling_down(&self, state: &RefreshState, active: &ActiveSession, is_urgent: bool) -> Option<Error> {
        let cooldown = state.cooldown_of(active.record.revision())?;
        (self.clock().uptime() < cooldown.until(is_urgent)).then(|| cooldown.error.clone())
    }

    async fn refresh_now(&self, generation: u64, active: ActiveSession) -> Outcome {
        let _turn = self.turn().await;
        if self.current().generation != generation {
            return self.refreshed_since(&active).unwrap_or(Outcome::Superseded);
        }
        let (generation, current) = match self.synchronized(generation, active.clone()).await {
            Ok(current) => current,
            Err(outcome) => return outcome,
        };
        if current.record.revision() != active.record.revision() {
            // Another process has refreshed.
            if !self.is_due(&current) {
                return Outcome::Refreshed(Box::new(current.session().clone()));
            }
            self.continue_flight(&current);
        }
        self.exchange(generation, &current).await
    }

    /// Returns the current session if its tokens are newer than these and not due: those of another process, for example,
    /// which [`follow_store`](super::SessionManager::follow_store) has adopted.
    fn refreshed_since(&self, before: &ActiveSession) -> Option<Outcome> {
        let current = self.current();
        let active = current.active.as_ref().filter(|active| !self.is_due(active))?;
        let is_same_sign_in = active.record.sign_in() == before.record.sign_in();
        let is_newer = active.session().refresh_token() != before.session().refresh_token();
        (is_same_sign_in && is_newer).then(|| Outcome::Refreshed(Box::new(active.session().clone())))
    }

    /// Returns the session with a valid access token, refreshed if due. The caller holds the turn.
    pub(super) async fn fresh(&self) -> Result<(u64, ActiveSession)> {
        let mut refreshes = Refreshes::default();
        loop {
            let (generation, active) = {
                let current = self.current();
                (current.generation, current.active.clone().ok_or(Error::NoSession)?)
            };
            let (generation, active) = match self.synchronized(generation, active).await {
                Ok(current) => current,
                Err(Outcome::Ended(error)) => return Err(error),
                Err(_) => continue,
            };
            if self.is_good_after(&refreshes, &active)? {
                return Ok((generation, active));
            }
            let cooling_down = {
                let state = self.refresh_state.lock().unwrap_or_else(PoisonError::into_inner);
                self.cooling_down(&state, &active, true)
            };
            let outcome = match cooling_down {
                Some(error) => Outcome::Failed(error),
                None => self.exchange(generation, &active).await,
            };
            match outcome {
                Outcome::Refreshed(_) => refreshes.count(),
                Outcome::Superseded => {}
                Outcome::Failed(error) if self.has_expired(&active) => return Err(error),
                Outcome::Failed(_) => return Ok((generation, active)),
                Outcome::Ended(error) => return Err(error),
            }
        }
    }

    /// Acquires the turn. While it is held, no refresh runs in this process, nor in another one that shares the store
    /// unless the store fails.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let in_process = self.turn.lock().await;
        // A store that fails, or another process that keeps the lease, must not prevent a refresh.
        let lease = self.store.lease().await.unwrap_or_else(|error| {
            self.report(Err(error));
            Lease::none()
        });
        Turn { _in_process: in_process, _among_processes: lease }
    }

    /// Returns the stored session if another process has changed it, otherwise the session that was passed.
    async fn synchronized(&self, generation: u64, active: ActiveSession) -> Result<(u64, ActiveSession), Outcome> {
        match self.compare_with_store(&active).await {
            InStore::Same => Ok((generation, active)),
            InStore::Gone => {
                self.end(generation, &active, SignedOutReason::Missing).await;
                Err(Outcome::Ended(Error::NoSession))
            }
            InStore::Newer(record) => {
                let adopted = self.adopt(generation, &active, *record).ok_or(Outcome::Superseded)?;
                Ok((generation + 1, adopted))
            }
        }
    }

    /// Exchanges the refresh token for new tokens.
    async fn exchange(&self, generation: u64, active: &ActiveSession) -> Outcome {
        let refreshed = self.client.refresh_session(active.session()).await;
        match refreshed.and_then(|session| session.continuing(active.session())) {
            Ok(session) => {
                let renewed = self.renew(generation, active, session, Event::TokenRefreshed).await;
                renewed.map_or(Outcome::Superseded, |active| Outcome::Refreshed(Box::new(active.session().clone())))
            }
            Err(error) if error.ends_session() => self.verdict(generation, active, error).await,
            Err(error) => self.failure(generation, active, error),
        }
    }

    /// Reassigns the refresh in flight to a session that another process has started.
    fn continue_flight(&self, active: &ActiveSession) {
        let mut state = self.refresh_state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((sign_in, _)) = &mut state.flight {
            *sign_in = active.record.sign_in();
        }
    }

    async fn compare_with_store(&self, active: &ActiveSession) -> InStore {
        // Without a known revision there is nothing to compare.
        let Some(stored) = active.stored else { return InStore::Same };
        match self.store.load().await {
            Ok(Some(record)) if record.revision() == stored => InStore::Same,
            Ok(Some(record)) => InStore::Newer(Box::new(record)),
            Ok(None) => InStore::Gone,
            Err(error) => {
                self.report(Err(error));
                InStore::Same
            }
        }
    }

    /// Handles an error that ends the session. Another process may have stored a newer session in the meantime.
    pub(super) async fn verdict(&self, generation: u64, active: &ActiveSession, error: Error) -> Outcome {
        if let InStore::Newer(record) = self.compare_with_store(active).await {
            let adopted = self.adopt(generation, active, *record);
            // A newer session that is due as well needs another refresh.
            let fresh = adopted.filter(|adopted| !self.is_due(adopted));
            return fresh.map_or(Outcome::Superseded, |fresh| Outcome::Refreshed(Box::new(fresh.session().clone())));
        }
        if self.current().generation != generation {
            return Outcome::Superseded;
        }
        self.end(generation, active, SignedOutReason::of(error.clone())).await;
        Outcome::Ended(error)
    }

    /// Handles an error that does not end the session, and pauses the use of its refresh token.
    fn failure(&self, generation: u64, active: &ActiveSession, error: Error) -> Outcome {
        if self.current().generation != generation {
            return Outcome::Superseded;
        }
        {
            let mut state = self.refresh_state.lock().unwrap_or_else(PoisonError::into_inner);
            let before = state.cooldown_of(active.record.revision());
            let cooldown = Cooldown::new(active.record.revision(), error.clone(), self.clock().uptime(), before);
            state.cooldown = Some(cooldown);
        }
        self.send(Event::RefreshFailed(error.clone()));
        Outcome::Failed(error)
    }
}

impl Member for Inner {
    fn next_refresh(&self) -> Option<Duration> {
        self.next_early_refresh()
    }

    fn refresh(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(self.flight(Wanted::IfNearlyDue).outcome().await) })
    }
}

/// Returns how long before it is due a session may be refreshed, if it is one of many.
fn earliest(active: &ActiveSession) -> Duration {
    active.expiry.lifetime / 10
}
