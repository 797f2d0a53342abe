//! One refresh for all requests with the same refresh token.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{
    clock::Clock,
    error::{Error, Result},
    secret::Secret,
    session::Session,
};

/// How long a result is returned to further requests with the same refresh token: as long as the server returns the
/// same tokens again by default. Requests that the browser sent before it got the new cookies arrive in this time.
const REUSE: Duration = Duration::from_secs(10);

/// How long a failure that does not end the session is returned, so that a server in trouble is not asked by each
/// request.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The SHA-256 digest of a refresh token.
type TokenDigest = [u8; 32];

/// The refreshes of this process that are in flight or were done a moment ago.
#[derive(Default)]
pub(super) struct Refreshes(Mutex<HashMap<TokenDigest, Refresh>>);

struct Refresh {
    outcome: watch::Receiver<Option<Result<Session>>>,
    /// The uptime until which the outcome is returned; `None` while the refresh is in flight.
    until: Option<Duration>,
}

impl Refreshes {
    /// Returns the outcome of the refresh of this token. Runs the exchange, in a task of its own, unless it is in
    /// flight or was done a moment ago.
    pub(super) async fn refresh<F>(
        self: &Arc<Self>,
        clock: &Arc<dyn Clock>,
        token: &Secret,
        exchange: impl FnOnce() -> F,
    ) -> Result<Session>
    where
        F: Future<Output = Result<Session>> + Send + 'static,
    {
        let mut outcome = self.outcome(clock, digest(token), exchange);
        let done = outcome.wait_for(Option::is_some).await;
        done.ok().and_then(|outcome| outcome.clone()).unwrap_or(Err(Error::Interrupted))
    }

    fn outcome<F>(
        self: &Arc<Self>,
        clock: &Arc<dyn Clock>,
        digest: TokenDigest,
        exchange: impl FnOnce() -> F,
    ) -> watch::Receiver<Option<Result<Session>>>
    where
        F: Future<Output = Result<Session>> + Send + 'static,
    {
        let now = clock.uptime();
        let mut refreshes = self.lock();
        refreshes.retain(|_, refresh| !refresh.is_over(now));
        if let Some(refresh) = refreshes.get(&digest) {
            return refresh.outcome.clone();
        }
        let (sender, outcome) = watch::channel(None);
        refreshes.insert(digest, Refresh { outcome: outcome.clone(), until: None });
        let (this, clock, exchange) = (self.clone(), clock.clone(), exchange());
        tokio::spawn(async move {
            let result = exchange.await;
            let is_final = result.as_ref().err().is_none_or(Error::ends_session);
            let until = clock.uptime().saturating_add(if is_final { REUSE } else { RETRY_DELAY });
            if let Some(refresh) = this.lock().get_mut(&digest) {
                refresh.until = Some(until);
            }
            sender.send_replace(Some(result));
        });
        outcome
    }

    /// Forgets the refresh that led to this session, which has ended, so that a late request does not bring it back.
    pub(super) fn forget(&self, session: &Session) {
        let is_source = |refresh: &Refresh| {
            let outcome = refresh.outcome.borrow();
            outcome.as_ref().and_then(|result| result.as_ref().ok()).map(Session::refresh_token)
                == Some(session.refresh_token())
        };
        self.lock().retain(|_, refresh| !is_source(refresh));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenDigest, Refresh>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refresh {
    /// Returns whether the outcome is no longer returned, or never will be because the runtime of the task has shut
    /// down.
    fn is_over(&self, now: Duration) -> bool {
        match self.until {
            Some(until) => now >= until,
            None => self.outcome.has_changed().is_err(),
        }
    }
}

fn digest(token: &Secret) -> TokenDigest {
    Sha256::digest(token.expose()).into()
}
