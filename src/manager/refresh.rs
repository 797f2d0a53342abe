//! The refresh: one request, whoever asks.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::sync::watch;

use super::{
    Event, SignedOutReason,
    inner::{ActiveSession, Current, Inner},
};
use crate::{
    error::Error,
    session::Session,
    store::{Lease, Revision, StoredSession},
};

/// How long a refresh token is left alone after a failure; it doubles with each further one, up to the longest.
const FIRST_COOLDOWN: Duration = Duration::from_secs(1);
const LONGEST_COOLDOWN: Duration = Duration::from_secs(60);

/// A `Retry-After` beyond this is not believed.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// What a refresh came to.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// There are new tokens.
    Refreshed(Box<Session>),
    /// The session is over.
    Ended(Error),
    /// The session stays.
    Failed(Error),
    /// Something else happened to the session before it was done, so it counts for nothing: ask again.
    Superseded,
}

/// The refresh that is under way, and the last that failed.
#[derive(Default)]
pub(super) struct RefreshState {
    /// With the sign-in whose session it refreshes.
    flight: Option<(Revision, Flight)>,
    cooldown: Option<Cooldown>,
}

/// Leaves a refresh token alone for a while.
struct Cooldown {
    of: Revision,
    until: Duration,
    failures: usize,
    error: Error,
}

/// A refresh that is under way or done; anybody may wait for it.
#[derive(Clone)]
pub(super) struct Flight(watch::Receiver<Option<Outcome>>);

impl Flight {
    fn done(outcome: Outcome) -> Self {
        Self(watch::Sender::new(Some(outcome)).subscribe())
    }

    fn is_done(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits for the outcome. Whoever stops waiting neither cancels nor repeats the refresh.
    pub(super) async fn outcome(mut self) -> Outcome {
        let outcome = self.0.wait_for(Option::is_some).await;
        outcome.ok().and_then(|outcome| outcome.clone()).unwrap_or(Outcome::Failed(Error::Interrupted))
    }
}

impl Inner {
    /// The refresh that is under way, or else a new one if it is due.
    pub(super) fn flight_if_due(self: &Arc<Self>) -> Flight {
        self.flight(|held| self.clock().uptime() >= held.expiry.due_at)
    }

    /// The refresh that is under way, or else a new one if it is due or soon will be.
    pub(super) fn flight_if_nearly_due(self: &Arc<Self>) -> Flight {
        self.flight(|held| self.clock().uptime() >= held.expiry.due_at.saturating_sub(earliest(held)))
    }

    /// The refresh that is under way, or else a new one if it is wanted.
    pub(super) fn flight(self: &Arc<Self>, wanted: impl FnOnce(&ActiveSession) -> bool) -> Flight {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current();
        let Some(held) = &current.held else { return Flight::done(Outcome::Ended(Error::NoSession)) };
        // Looked at under the lock: another refresh may just have been done.
        if !wanted(held) {
            return Flight::done(Outcome::Refreshed(Box::new(held.session().clone())));
        }
        if let Some((sign_in, flight)) = &flights.flight
            && *sign_in == held.record.sign_in()
            && !flight.is_done()
        {
            return flight.clone();
        }
        if let Some(cooldown) = flights.cooldown_of(held)
            && self.clock().uptime() < cooldown.until
        {
            return Flight::done(Outcome::Failed(cooldown.error.clone()));
        }
        let (sender, receiver) = watch::channel(None);
        let flight = Flight(receiver);
        flights.flight = Some((held.record.sign_in(), flight.clone()));
        let inner = self.clone();
        let (generation, held) = (current.generation, held.clone());
        tokio::spawn(async move {
            let outcome = inner.refresh(generation, held).await;
            // Nobody need wait any more.
            sender.send_replace(Some(outcome));
        });
        flight
    }

    /// When the next refresh makes sense, on the clock's uptime. Nothing without a session.
    pub(super) fn next_refresh(&self) -> Option<Duration> {
        self.next_refresh_before(|_| Duration::ZERO)
    }

    /// The same, at a random moment before it is due, so that sessions which began together part.
    pub(super) fn next_early_refresh(&self) -> Option<Duration> {
        // Without randomness there is no parting, which is no failure.
        let random = getrandom::u32().unwrap_or_default();
        self.next_refresh_before(|held| earliest(held).mul_f64(f64::from(random) / f64::from(u32::MAX)))
    }

    fn next_refresh_before(&self, early: impl FnOnce(&ActiveSession) -> Duration) -> Option<Duration> {
        let flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current();
        let held = current.held.as_ref()?;
        let cooldown = flights.cooldown_of(held).map_or(Duration::ZERO, |cooldown| cooldown.until);
        Some(held.expiry.due_at.saturating_sub(early(held)).max(cooldown))
    }

    async fn refresh(&self, mut generation: u64, mut held: ActiveSession) -> Outcome {
        let _turn = self.turn().await;
        match self.look_into_store(&held).await {
            InStore::Same => {}
            InStore::Gone => {
                self.end(generation, &held, SignedOutReason::Missing).await;
                return Outcome::Ended(Error::NoSession);
            }
            InStore::Newer(record) => {
                // Another process was faster.
                let Some(adopted) = self.adopt(generation, &held, *record) else { return Outcome::Superseded };
                if self.clock().uptime() < adopted.expiry.due_at {
                    return Outcome::Refreshed(Box::new(adopted.session().clone()));
                }
                (generation, held) = (generation + 1, adopted);
                self.goes_on_for(&held);
            }
        }
        match self.client.refresh(held.session().refresh_token()).await {
            Ok(session) => {
                let session = session.carrying_over(held.session());
                let renewed = self.renew(generation, &held, session).await;
                renewed.map_or(Outcome::Superseded, |held| Outcome::Refreshed(Box::new(held.session().clone())))
            }
            Err(error) if error.ends_session() => self.verdict(generation, &held, error).await,
            Err(error) => self.failure(generation, &held, error),
        }
    }

    /// The refresh that is under way is now that of a session which another process has begun.
    fn goes_on_for(&self, held: &ActiveSession) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((sign_in, _)) = &mut flights.flight {
            *sign_in = held.record.sign_in();
        }
    }

    /// This process's turn among those that share the store. A store that fails must not keep anybody from a refresh.
    async fn turn(&self) -> Lease {
        match self.store.lease().await {
            Ok(lease) => lease,
            Err(error) => {
                self.note(Err(error));
                Lease::none()
            }
        }
    }

    async fn look_into_store(&self, held: &ActiveSession) -> InStore {
        // What the store has failed to take cannot be compared.
        let Some(stored) = held.stored else { return InStore::Same };
        match self.store.load().await {
            Ok(Some(record)) if record.revision() == stored => InStore::Same,
            Ok(Some(record)) => InStore::Newer(Box::new(record)),
            Ok(None) => InStore::Gone,
            Err(error) => {
                self.note(Err(error));
                InStore::Same
            }
        }
    }

    /// The server says that the session is over. It may be that another process has a newer one.
    async fn verdict(&self, generation: u64, held: &ActiveSession, error: Error) -> Outcome {
        if let InStore::Newer(record) = self.look_into_store(held).await {
            let adopted = self.adopt(generation, held, *record);
            // One that is due as well takes another refresh.
            let fresh = adopted.filter(|held| self.clock().uptime() < held.expiry.due_at);
            return fresh.map_or(Outcome::Superseded, |held| Outcome::Refreshed(Box::new(held.session().clone())));
        }
        if self.current().generation != generation {
            return Outcome::Superseded;
        }
        self.end(generation, held, SignedOutReason::of(error.clone())).await;
        Outcome::Ended(error)
    }

    /// The refresh failed; the session stays, and its refresh token is left alone for a while.
    fn failure(&self, generation: u64, held: &ActiveSession, error: Error) -> Outcome {
        let is_current = |current: &Current| current.generation == generation;
        if !is_current(&self.current()) {
            return Outcome::Superseded;
        }
        {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            let failures = flights.cooldown_of(held).map_or(0, |cooldown| cooldown.failures);
            let wait = error.retry_after().map_or_else(|| cooldown(failures), |wait| wait.min(LONGEST_RETRY_AFTER));
            flights.cooldown = Some(Cooldown {
                of: held.record.revision(),
                until: self.clock().uptime().saturating_add(wait),
                failures: failures + 1,
                error: error.clone(),
            });
        }
        self.tell(Event::RefreshFailed(error.clone()));
        Outcome::Failed(error)
    }
}

impl RefreshState {
    fn cooldown_of(&self, held: &ActiveSession) -> Option<&Cooldown> {
        self.cooldown.as_ref().filter(|cooldown| cooldown.of == held.record.revision())
    }
}

/// How long before it is due a session may be refreshed, when it is one of many.
fn earliest(held: &ActiveSession) -> Duration {
    held.expiry.lifetime / 10
}

/// What the store has, compared with what this process holds.
enum InStore {
    Same,
    Newer(Box<StoredSession>),
    Gone,
}

/// The wait after so many failures before this one.
fn cooldown(failures: usize) -> Duration {
    let waits = ExponentialBuilder::default().with_min_delay(FIRST_COOLDOWN).with_max_delay(LONGEST_COOLDOWN);
    let mut waits = waits.with_max_times(failures + 1).with_jitter().build();
    waits.nth(failures).unwrap_or(LONGEST_COOLDOWN)
}
