//! The refresh in flight.

use tokio::sync::watch;

use super::cooldown::Cooldown;
use crate::{error::Error, session::Session, store::Revision};

/// The result of a refresh.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// There are new tokens.
    Refreshed(Box<Session>),
    /// The session is over.
    Ended(Error),
    /// The refresh failed; the session stays.
    Failed(Error),
    /// The session changed in the meantime. Callers retry.
    Superseded,
}

/// The refresh in flight, and the pause after the last failure.
#[derive(Default)]
pub(super) struct RefreshState {
    /// The refresh in flight, and the sign-in whose session it refreshes.
    pub(super) flight: Option<(Revision, Flight)>,
    pub(super) cooldown: Option<Cooldown>,
}

impl RefreshState {
    /// Returns the pause after the last failure, if it was a refresh of this record.
    pub(super) fn cooldown_of(&self, record: Revision) -> Option<&Cooldown> {
        self.cooldown.as_ref().filter(|cooldown| cooldown.record == record)
    }
}

/// A refresh in flight or done, which any number of callers can wait for.
#[derive(Clone)]
pub(super) struct Flight(watch::Receiver<Option<Outcome>>);

impl Flight {
    /// Returns a refresh in flight, and the sender of its outcome.
    pub(super) fn start() -> (watch::Sender<Option<Outcome>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    pub(super) fn done(outcome: Outcome) -> Self {
        Self(watch::Sender::new(Some(outcome)).subscribe())
    }

    pub(super) fn is_done(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits for the outcome. A caller that stops waiting neither cancels nor repeats the refresh.
    pub(super) async fn outcome(mut self) -> Outcome {
        let outcome = self.0.wait_for(Option::is_some).await;
        outcome.ok().and_then(|outcome| outcome.clone()).unwrap_or(Outcome::Failed(Error::Interrupted))
    }
}
