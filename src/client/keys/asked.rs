//! Tokens that only the server can verify, and how often it is asked about them.
//!
//! Anyone can make up such tokens, and each would cost the server a request. Three rules bound that: the server may
//! refuse only a few tokens in a window of time; a token that it has refused is not shown to it again in that window;
//! and after a failure it is left alone for a moment. A token that the server has once confirmed is not subject to the
//! first rule, so that forged tokens do not affect users who are already known.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::Failure;
use crate::{
    client::Client,
    error::{Error, Result},
    secret::Secret,
    types::{ErrorCode, User},
};

/// How many tokens the server may refuse in a window, and how many unknown ones it is asked about at the same time.
const REFUSALS: usize = 5;

/// How many tokens are remembered: 320 kB of digests.
const REMEMBERED: usize = 10_000;

/// The SHA-256 digest of a token.
type TokenDigest = [u8; 32];

#[derive(Default)]
pub(crate) struct AskedTokens(Mutex<State>);

#[derive(Default)]
struct State {
    /// Tokens that the server has signed.
    signed: HashSet<TokenDigest>,
    failure: Option<Failure>,
    window: Window,
}

struct Window {
    /// The uptime at which it ends.
    end: Duration,
    refused: HashMap<TokenDigest, Error>,
    refusals: usize,
    /// A permit for each refusal that is left. Closed when there is none.
    permits: Arc<Semaphore>,
}

impl Default for Window {
    fn default() -> Self {
        Self::until(Duration::ZERO)
    }
}

impl Window {
    fn until(end: Duration) -> Self {
        Self { end, refused: HashMap::new(), refusals: 0, permits: Arc::new(Semaphore::new(REFUSALS)) }
    }
}

impl AskedTokens {
    /// Asks the server for the user of a token (`GET /user`), unless it has refused this one or too many others in the
    /// window of time that lasts `window`.
    ///
    /// # Errors
    /// That of the request, maybe of an earlier one; [`Error::VerificationLimit`].
    pub(crate) async fn user(&self, client: &Client, token: &Secret, window: Duration) -> Result<User> {
        let digest = Sha256::digest(token.expose()).into();
        let permit = self.permit(client, &digest, window).await?;
        let runtime = Handle::try_current().map_err(|_| Error::Interrupted)?;
        let (client, token) = (client.clone(), token.clone());
        // In a task of its own: a caller that goes away must not get its permit back for a request that was sent.
        let request = runtime.spawn(async move {
            let result = client.user_of(&token).await;
            client.keys().asked().finish(&client, digest, permit, result.as_ref().err(), window);
            result
        });
        request.await.map_err(|_| Error::Interrupted)?
    }

    /// Waits for the permission to ask about a token. `None` stands for a token that needs no permit.
    async fn permit(
        &self,
        client: &Client,
        digest: &TokenDigest,
        window: Duration,
    ) -> Result<Option<OwnedSemaphorePermit>> {
        loop {
            let permits = {
                let mut state = self.state();
                let now = client.clock().uptime();
                state.start_window_if_over(now, window);
                state.known_error(digest, now)?;
                if state.signed.contains(digest) {
                    return Ok(None);
                }
                if state.window.refusals >= REFUSALS {
                    return Err(Error::VerificationLimit { retry_after: state.window.end.saturating_sub(now) });
                }
                state.window.permits.clone()
            };
            // Fails if the limit was reached meanwhile, or if the window is over.
            let Ok(permit) = permits.acquire_owned().await else { continue };
            // Another call may have asked about the same token meanwhile.
            self.state().known_error(digest, client.clock().uptime())?;
            return Ok(Some(permit));
        }
    }

    fn finish(
        &self,
        client: &Client,
        digest: TokenDigest,
        permit: Option<OwnedSemaphorePermit>,
        error: Option<&Error>,
        window: Duration,
    ) {
        let mut state = self.state();
        match error {
            None => state.remember_signed(digest),
            Some(error) if error.ends_session() => {
                // The server verifies the signature first.
                state.remember_signed(digest);
                state.remember_refused(digest, error);
            }
            Some(error) if error.code() == Some(&ErrorCode::BadJwt) => {
                state.signed.remove(&digest);
                state.remember_refused(digest, error);
                if let Some(permit) = permit {
                    state.spend(permit);
                }
            }
            Some(error) => state.failure = Some(Failure::new(error, client, window)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn start_window_if_over(&mut self, now: Duration, window: Duration) {
        if now >= self.window.end {
            // Those who wait in the window that is over go on in the new one.
            self.window.permits.close();
            self.window = Window::until(now.saturating_add(window));
        }
    }

    /// Returns the error with which the server would answer.
    fn known_error(&self, digest: &TokenDigest, now: Duration) -> Result<()> {
        let failure = self.failure.as_ref().filter(|failure| now < failure.until).map(|failure| &failure.error);
        self.window.refused.get(digest).or(failure).map_or(Ok(()), |error| Err(error.clone()))
    }

    fn remember_signed(&mut self, digest: TokenDigest) {
        if self.signed.len() >= REMEMBERED {
            // Most have expired by then, and a forgotten one only takes a permit again.
            self.signed.clear();
        }
        self.signed.insert(digest);
    }

    fn remember_refused(&mut self, digest: TokenDigest, error: &Error) {
        if self.window.refused.len() >= REMEMBERED {
            self.window.refused.clear();
        }
        self.window.refused.insert(digest, error.clone());
    }

    /// Counts a refusal against the limit of its window.
    fn spend(&mut self, permit: OwnedSemaphorePermit) {
        if Arc::ptr_eq(permit.semaphore(), &self.window.permits) {
            self.window.refusals += 1;
            if self.window.refusals == REFUSALS {
                self.window.permits.close();
            }
        }
        permit.forget();
    }
}
