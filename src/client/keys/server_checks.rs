//! Rate-limited verification of tokens by the server, for tokens that only the server can verify.
//!
//! Anyone can forge such tokens, and each would cost the server a request. Three rules limit these requests: within a
//! window of time, the server may reject only a few tokens; a rejected token is not sent again in the same window; and
//! after a failure, no request is sent for a moment. The first rule does not apply to a token that the server has
//! confirmed before, so that forged tokens do not affect users who are already known.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Failure;
use crate::{
    client::Client,
    error::{Error, Result},
    platform,
    secret::Secret,
    types::{ErrorCode, User},
};

/// The maximum number of tokens that the server may reject in a window, and of concurrent requests for unknown tokens.
const MAX_REJECTIONS: usize = 5;

/// The maximum number of remembered tokens: 320 kB of digests.
const MAX_REMEMBERED: usize = 10_000;

/// The SHA-256 digest of a token.
type TokenDigest = [u8; 32];

/// The tokens that the server has verified or rejected, and the limit on further requests.
#[derive(Default)]
pub(crate) struct ServerChecks(Mutex<State>);

#[derive(Default)]
struct State {
    /// Tokens whose signature the server has confirmed.
    signed: HashSet<TokenDigest>,
    failure: Option<Failure>,
    window: Window,
}

struct Window {
    /// The uptime at which the window ends.
    end: Duration,
    rejected: HashMap<TokenDigest, Error>,
    rejections: usize,
    /// One permit for each rejection that is left. Closed when none is left.
    permits: Arc<Semaphore>,
}

impl Default for Window {
    fn default() -> Self {
        Self::until(Duration::ZERO)
    }
}

impl Window {
    fn until(end: Duration) -> Self {
        Self { end, rejected: HashMap::new(), rejections: 0, permits: Arc::new(Semaphore::new(MAX_REJECTIONS)) }
    }
}

impl ServerChecks {
    /// Requests the user of a token (`GET /user`), unless the server has rejected this token or too many others in the
    /// current window, which lasts `window`.
    ///
    /// # Errors
    /// The error of this request or of an earlier one; [`Error::VerificationLimit`].
    pub(crate) async fn user(&self, client: &Client, token: &Secret, window: Duration) -> Result<User> {
        let digest = Sha256::digest(token.expose()).into();
        let permit = self.permit(client, &digest, window).await?;
        let (client, token) = (client.clone(), token.clone());
        // In a separate task, so that dropping the future does not release the permit of a request that was sent.
        let request = platform::try_spawn(async move {
            let result = client.user_of(&token).await;
            client.keys().server_checks().finish(&client, digest, permit, result.as_ref().err(), window);
            result
        });
        request.ok_or(Error::Interrupted)?.await.map_err(|_| Error::Interrupted)?
    }

    /// Waits for a permit to verify a token. Returns `None` if the token needs no permit.
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
                if state.window.rejections >= MAX_REJECTIONS {
                    return Err(Error::VerificationLimit { retry_after: state.window.end.saturating_sub(now) });
                }
                state.window.permits.clone()
            };
            // Fails if the limit has been reached in the meantime, or if the window has ended.
            let Ok(permit) = permits.acquire_owned().await else { continue };
            // Another call may have verified the same token in the meantime.
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
                // The server returns such an error only after it has verified the signature.
                state.remember_signed(digest);
                state.remember_rejected(digest, error);
            }
            Some(error) if error.code() == Some(&ErrorCode::BadJwt) => {
                state.signed.remove(&digest);
                state.remember_rejected(digest, error);
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
            // Callers that wait for a permit of the old window try again in the new one.
            self.window.permits.close();
            self.window = Window::until(now.saturating_add(window));
        }
    }

    /// Returns the error that the server returned for this token in the current window, or that of a recent failure.
    fn known_error(&self, digest: &TokenDigest, now: Duration) -> Result<()> {
        let failure = self.failure.as_ref().filter(|failure| now < failure.until).map(|failure| &failure.error);
        self.window.rejected.get(digest).or(failure).map_or(Ok(()), |error| Err(error.clone()))
    }

    fn remember_signed(&mut self, digest: TokenDigest) {
        if self.signed.len() >= MAX_REMEMBERED {
            // Most of them have expired by then, and a forgotten token only needs a permit again.
            self.signed.clear();
        }
        self.signed.insert(digest);
    }

    fn remember_rejected(&mut self, digest: TokenDigest, error: &Error) {
        if self.window.rejected.len() >= MAX_REMEMBERED {
            self.window.rejected.clear();
        }
        self.window.rejected.insert(digest, error.clone());
    }

    /// Counts a rejection towards the limit of its window.
    fn spend(&mut self, permit: OwnedSemaphorePermit) {
        if Arc::ptr_eq(permit.semaphore(), &self.window.permits) {
            self.window.rejections += 1;
            if self.window.rejections == MAX_REJECTIONS {
                self.window.permits.close();
            }
        }
        permit.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_remembered_tokens_is_limited() {
        let mut state = State::default();
        for number in 0..3 * MAX_REMEMBERED {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            state.remember_signed(digest);
            state.remember_rejected(digest, &Error::NoSession);
            assert!(state.signed.contains(&digest) && state.window.rejected.contains_key(&digest));
            assert!(state.signed.len() <= MAX_REMEMBERED && state.window.rejected.len() <= MAX_REMEMBERED);
        }
    }
}
