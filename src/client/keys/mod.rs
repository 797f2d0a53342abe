//! The public keys of a server as they were last fetched, for all who verify its tokens.
//!
//! Reading them takes no lock. One request at most is under way, whoever asks. It belongs to all who wait for it, and
//! goes on as long as one of them does: whoever stops waiting stops nobody else.

pub(crate) mod key;

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::{ArcSwapOption, Guard};
use futures_util::{
    FutureExt,
    future::{Shared, WeakShared},
};

use self::key::KeySet;
use crate::{
    client::Client,
    error::{Error, Result},
};

/// How long a failure counts when the server does not say, and how long a request that everybody gave up.
const PAUSE: Duration = Duration::from_secs(1);

/// When keys are fetched anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// After this time in any case.
    pub(crate) ttl: Duration,
    /// After this time when a key is missing.
    pub(crate) cooldown: Duration,
}

/// The keys that have come, and the request for the next.
#[derive(Default)]
pub(crate) struct KeyCache {
    current: ArcSwapOption<Fetched>,
    request: Mutex<Request>,
}

/// Keys that have come.
pub(crate) struct Fetched {
    pub(crate) keys: KeySet,
    /// The uptime when they were asked for.
    at: Duration,
}

/// The last request. Times are uptime.
#[derive(Default)]
struct Request {
    began: Option<Duration>,
    running: Option<WeakShared<Fetch>>,
    failed: Option<Failure>,
}

struct Failure {
    error: Error,
    counts_until: Duration,
}

type Fetch = Pin<Box<dyn Future<Output = Result<Arc<Fetched>>> + Send>>;

/// How to come by keys.
enum Step {
    Have(Option<Arc<Fetched>>),
    Wait(Shared<Fetch>),
    Fail(Error),
}

impl Fetched {
    /// Whether they need not be fetched anew, but for a key that is missing.
    pub(crate) fn is_fresh(&self, now: Duration, policy: Policy) -> bool {
        now.saturating_sub(self.at) < policy.ttl
    }
}

impl KeyCache {
    /// The keys as they are, however old.
    pub(crate) fn current(&self) -> Guard<Option<Arc<Fetched>>> {
        self.current.load()
    }

    /// The keys, fetched anew if the policy wants it.
    pub(crate) async fn renewed(
        &self,
        client: &Client,
        policy: Policy,
        key_is_missing: bool,
    ) -> Result<Option<Arc<Fetched>>> {
        match self.step(client, policy, key_is_missing) {
            Step::Have(keys) => Ok(keys),
            Step::Wait(fetch) => fetch.await.map(Some),
            Step::Fail(error) => Err(error),
        }
    }

    /// Whether the next keys are on their way. Asking drives the request on, lest it stands still when the one who
    /// waits for it does not.
    pub(crate) fn is_fetching(&self) -> bool {
        let running = self.request().running.as_ref().and_then(WeakShared::upgrade);
        running.is_some_and(|fetch| fetch.now_or_never().is_none())
    }

    fn step(&self, client: &Client, policy: Policy, key_is_missing: bool) -> Step {
        let now = client.clock().uptime();
        let mut request = self.request();
        if let Some(running) = request.running.as_ref().and_then(WeakShared::upgrade) {
            return Step::Wait(running);
        }
        let current = self.current.load_full();
        if let Some(keys) = current.as_ref().filter(|keys| keys.is_fresh(now, policy)) {
            let given_up = request.began.is_some_and(|began| now.saturating_sub(began) < PAUSE.min(policy.cooldown));
            let too_soon = given_up || now.saturating_sub(keys.at) < policy.cooldown;
            if !key_is_missing || request.failed.is_none() && too_soon {
                return Step::Have(current);
            }
        }
        if let Some(failure) = request.failed.as_ref().filter(|failure| now < failure.counts_until) {
            return Step::Fail(failure.error.clone());
        }
        let fetch = fetch(client.clone(), now, policy).shared();
        *request = Request { began: Some(now), running: fetch.downgrade(), failed: None };
        Step::Wait(fetch)
    }

    fn finish(&self, result: &Result<Arc<Fetched>>, now: Duration, policy: Policy) {
        let mut request = self.request();
        // Whoever still holds the request must not be able to keep it from being sent again.
        request.running = None;
        match result {
            Ok(keys) => self.current.store(Some(keys.clone())),
            Err(error) => {
                let pause = error.retry_after().unwrap_or(PAUSE).min(policy.cooldown);
                request.failed = Some(Failure { error: error.clone(), counts_until: now.saturating_add(pause) });
            }
        }
    }

    fn request(&self) -> MutexGuard<'_, Request> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fetch(client: Client, now: Duration, policy: Policy) -> Fetch {
    Box::pin(async move {
        let published = client.jwks().await;
        let result = published.map(|published| Arc::new(Fetched { keys: KeySet::new(&published), at: now }));
        client.keys().finish(&result, client.clock().uptime(), policy);
        result
    })
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache").finish_non_exhaustive()
    }
}
