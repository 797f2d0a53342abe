//! A cache of the server's public keys, shared by all verifiers of a client.
//!
//! At most one request for keys is in flight. It runs in a separate task, so that it completes even if the callers stop
//! polling.

pub(crate) mod key;
pub(crate) mod server_checks;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use reqwest::StatusCode;
use tokio::sync::watch;

use self::{
    key::{Algorithm, KeySet, PublicKey},
    server_checks::ServerChecks,
};
use crate::{
    client::Client,
    error::{Error, Result, TokenError},
    platform,
    types::JwkSet,
};

/// How long a retryable failure is remembered, unless the server sends a longer `Retry-After`.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The ages that decide when keys are fetched again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// The age from which keys are renewed in the background.
    pub(crate) ttl: Duration,
    /// The age from which keys are no longer used, even if they cannot be renewed.
    pub(crate) max_age: Duration,
    /// The age from which a missing key causes a new request, and the longest time that a failure is remembered.
    pub(crate) cooldown: Duration,
}

/// The latest keys, and the request for newer ones.
#[derive(Default)]
pub(crate) struct KeyCache {
    current: ArcSwapOption<FetchedKeys>,
    fetch: Mutex<FetchState>,
    server_checks: ServerChecks,
}

struct FetchedKeys {
    keys: KeySet,
    /// The uptime at which they were requested.
    requested_at: Duration,
}

#[derive(Default)]
struct FetchState {
    flight: Option<Flight>,
    failure: Option<Failure>,
}

/// An error that is returned instead of another request until it expires.
#[derive(Clone)]
struct Failure {
    error: Error,
    /// The uptime at which it expires.
    until: Duration,
}

/// A request for keys that is in flight or done.
#[derive(Clone)]
struct Flight(watch::Receiver<Option<Result<Arc<FetchedKeys>>>>);

impl FetchedKeys {
    fn age(&self, client: &Client) -> Duration {
        client.clock().uptime().saturating_sub(self.requested_at)
    }
}

impl KeyCache {
    /// Returns the key with this id and algorithm. Fetches the keys if it is missing.
    ///
    /// # Errors
    /// [`TokenError`] if there is no such key; the error of the request if the keys could not be fetched.
    pub(crate) async fn find(
        &self,
        client: &Client,
        policy: Policy,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<PublicKey>> {
        let known = self.usable(client, policy).await?;
        match known.keys.find(id, algorithm) {
            Err(TokenError::UnknownKey) if known.age(client) >= policy.cooldown => {
                Ok(self.newer(client, policy, Some(&known)).await?.keys.find(id, algorithm)?)
            }
            found => Ok(found?),
        }
    }

    /// Returns whether the server publishes a key with which tokens can be verified.
    pub(crate) async fn is_published(&self, client: &Client, policy: Policy) -> Result<bool> {
        match self.usable(client, policy).await {
            Ok(known) => Ok(!known.keys.is_empty()),
            // Servers that only sign with a shared secret may not have this endpoint.
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the verification of tokens by the server.
    pub(crate) fn server_checks(&self) -> &ServerChecks {
        &self.server_checks
    }

    /// Returns keys below the maximum age. Waits for a request only if there are none.
    async fn usable(&self, client: &Client, policy: Policy) -> Result<Arc<FetchedKeys>> {
        let current = self.current.load_full();
        let Some(known) = current.as_ref().filter(|known| known.age(client) < policy.max_age) else {
            return self.newer(client, policy, current.as_ref()).await;
        };
        if known.age(client) >= policy.ttl {
            // In the background: the current keys stay usable even if the renewal fails.
            let _ = self.flight(client, policy, Some(known));
        }
        Ok(known.clone())
    }

    /// Returns keys that are newer than `known`.
    async fn newer(
        &self,
        client: &Client,
        policy: Policy,
        known: Option<&Arc<FetchedKeys>>,
    ) -> Result<Arc<FetchedKeys>> {
        self.flight(client, policy, known)?.result().await
    }

    /// Returns the request in flight, or starts one. Returns a completed one if the cache already has newer keys.
    fn flight(&self, client: &Client, policy: Policy, known: Option<&Arc<FetchedKeys>>) -> Result<Flight> {
        let now = client.clock().uptime();
        let mut state = self.state();
        if let Some(flight) = state.flight.as_ref().filter(|flight| !flight.is_done()) {
            return Ok(flight.clone());
        }
        // Another caller may have fetched keys in the meantime.
        let is_newer = |current: &Arc<FetchedKeys>| known.is_none_or(|known| !Arc::ptr_eq(known, current));
        if let Some(current) = self.current.load_full().filter(is_newer) {
            return Ok(Flight::done(current));
        }
        if let Some(failure) = state.failure.as_ref().filter(|failure| now < failure.until) {
            return Err(failure.error.clone());
        }
        let (sender, receiver) = watch::channel(None);
        let client = client.clone();
        let fetch = async move {
            let result = client.jwks().await;
            sender.send_replace(Some(client.keys().finish(&client, policy, now, result)));
        };
        // Without a runtime, no request could be sent anyway.
        platform::try_spawn(fetch).ok_or(Error::Interrupted)?;
        let flight = Flight(receiver);
        *state = FetchState { flight: Some(flight.clone()), failure: None };
        Ok(flight)
    }

    fn finish(
        &self,
        client: &Client,
        policy: Policy,
        requested_at: Duration,
        result: Result<JwkSet>,
    ) -> Result<Arc<FetchedKeys>> {
        match result {
            Ok(published) => {
                let fetched = Arc::new(FetchedKeys { keys: KeySet::new(&published), requested_at });
                self.current.store(Some(fetched.clone()));
                Ok(fetched)
            }
            Err(error) => {
                self.state().failure = Some(Failure::new(&error, client, policy.cooldown));
                Err(error)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, FetchState> {
        self.fetch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failure {
    fn new(error: &Error, client: &Client, cooldown: Duration) -> Self {
        // Other failures, such as 404, are unlikely to be resolved within a second.
        let delay =
            if error.is_retryable() { error.retry_after().unwrap_or_default().max(RETRY_DELAY) } else { cooldown };
        Self { error: error.clone(), until: client.clock().uptime().saturating_add(delay.min(cooldown)) }
    }
}

impl Flight {
    fn done(keys: Arc<FetchedKeys>) -> Self {
        Self(watch::Sender::new(Some(Ok(keys))).subscribe())
    }

    /// Returns whether there is a result, or never will be one because the runtime of the request has shut down.
    fn is_done(&self) -> bool {
        self.0.borrow().is_some() || self.0.has_changed().is_err()
    }

    async fn result(mut self) -> Result<Arc<FetchedKeys>> {
        let result = self.0.wait_for(Option::is_some).await;
        result.ok().and_then(|result| result.clone()).unwrap_or(Err(Error::Interrupted))
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache").finish_non_exhaustive()
    }
}
