//! Asking the server whether the session of a token still exists.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    client::Client,
    error::{Error, Result},
    platform::{sha256, try_spawn},
    secret::Secret,
};

/// The maximum number of remembered tokens.
const MAX_REMEMBERED: usize = 10_000;

/// The SHA-256 digest of a token.
type TokenDigest = [u8; 32];

/// The responses of the server, which are remembered for a while.
pub(super) struct SessionChecks {
    ttl: Duration,
    remembered: Mutex<HashMap<TokenDigest, Response>>,
}

struct Response {
    /// The error that ends the session, if it is over.
    ended: Option<Error>,
    /// The uptime until which the response is used.
    until: Duration,
}

impl SessionChecks {
    pub(super) fn new(ttl: Duration) -> Self {
        Self { ttl, remembered: Mutex::default() }
    }

    /// Fails if the session is over, or if the server cannot be asked.
    pub(super) async fn check(&self, client: &Client, token: &Secret) -> Result<()> {
        let digest = sha256(token.expose().as_bytes());
        if let Some(known) = self.known(&digest, client.clock().uptime()) {
            return known;
        }
        // The time counts from before the request.
        let until = client.clock().uptime().saturating_add(self.ttl);
        let (asking, token) = (client.clone(), token.clone());
        // The request of a browser is not `Send`, and services need a future that is.
        let task = try_spawn(async move { asking.user_of(&token).await }).ok_or(Error::Interrupted)?;
        let ended = match task.await.map_err(|_| Error::Interrupted)? {
            Ok(_) => None,
            Err(error) if error.ends_session() => Some(error),
            Err(error) => return Err(error),
        };
        self.remember(digest, Response { ended: ended.clone(), until }, client.clock().uptime());
        ended.map_or(Ok(()), Err)
    }

    fn known(&self, digest: &TokenDigest, now: Duration) -> Option<Result<()>> {
        let remembered = self.lock();
        let response = remembered.get(digest).filter(|response| now < response.until)?;
        Some(response.ended.clone().map_or(Ok(()), Err))
    }

    fn remember(&self, digest: TokenDigest, response: Response, now: Duration) {
        let mut remembered = self.lock();
        if remembered.len() >= MAX_REMEMBERED {
            remembered.retain(|_, response| now < response.until);
        }
        // If there are more tokens than that within the time, the others are asked about each time.
        if remembered.len() < MAX_REMEMBERED {
            remembered.insert(digest, response);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenDigest, Response>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SessionChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionChecks").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}
