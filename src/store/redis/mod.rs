//! Stores in a Redis or Valkey server, for services with several processes.

mod cipher;
mod lease;
mod server;
mod stores;

use std::{fmt, sync::atomic::Ordering};

pub use stores::RedisStores;

use self::lease::LeaseClaim;
use crate::{
    error::StoreError,
    store::{LEASE_TIMEOUT, Lease, Revision, SessionStore, StoreFuture, StoredSession},
};

/// The length of the revision at the start of each record, in bytes.
const REVISION_LENGTH: usize = 36;

/// Stores one session in a Redis or Valkey server. Created by [`RedisStores::session`].
///
/// Each operation is one script, which the server runs atomically. A lost connection is re-established and the
/// operation repeated, for up to three seconds in all.
///
/// # Late writers
///
/// The lease for a refresh expires after ten seconds and is extended for as long as its holder lives. It saves requests
/// but does not protect the record: a holder that was paused may continue after its lease has expired. The record is
/// protected by its revision: each write creates a new one and names the one that it replaces, so that a writer that
/// does not know the latest revision is refused.
///
/// There is no fencing token: it would reject a late write even if no other holder has written since, and the tokens of
/// such a write are valid. The lease has a random holder id instead, so that only its holder extends or releases it. A
/// failover that loses the lease costs at most one more request with the same refresh token, to which the server
/// responds with the valid tokens.
#[derive(Clone)]
pub struct RedisStore {
    stores: RedisStores,
    id: Box<str>,
}

impl fmt::Debug for RedisStore {
    /// Omits the id, which may be the value of a cookie.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("stores", &self.stores).finish_non_exhaustive()
    }
}

impl SessionStore for RedisStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        Box::pin(async { Ok(self.read().await?.record) })
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let new = new.map(|record| self.encode(&record)).transpose()?;
            let revision = expected.map(|revision| revision.to_string()).unwrap_or_default();
            if self.swap(revision.as_bytes(), new.as_deref()).await? {
                return Ok(true);
            }
            if expected.is_some() {
                return Ok(false);
            }
            // A record that cannot be read counts as absent.
            let stored = self.read().await?;
            if stored.record.is_some() { Ok(false) } else { self.swap(&stored.revision, new.as_deref()).await }
        })
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        let claim = LeaseClaim::new(self.stores.server.clone(), self.key("lease"));
        Box::pin(async { claim?.lease(LEASE_TIMEOUT).await })
    }
}

/// The value of a record's key.
struct StoredValue {
    /// Its first bytes, which are the revision if the record can be read.
    revision: Vec<u8>,
    record: Option<StoredSession>,
}

impl RedisStore {
    /// Returns the key of this kind, which is unique to the prefix, kind and id: an escaped id has no colon, so the
    /// last two colons of a key separate its parts.
    fn key(&self, kind: &str) -> String {
        let id = self.id.replace('%', "%25").replace(':', "%3A");
        format!("{}:{kind}:{id}", self.stores.prefix)
    }

    async fn read(&self) -> Result<StoredValue, StoreError> {
        let bytes = self.stores.server.read(&self.key("session")).await?;
        let record = bytes.as_deref().and_then(|bytes| self.decode(bytes));
        if bytes.is_some() && record.is_none() && !self.stores.has_warned.swap(true, Ordering::Relaxed) {
            // The cause is omitted, because it may quote the record.
            tracing::warn!("a stored session cannot be read and counts as absent");
        }
        let mut revision = bytes.unwrap_or_default();
        revision.truncate(REVISION_LENGTH);
        Ok(StoredValue { revision, record })
    }

    async fn swap(&self, revision: &[u8], new: Option<&[u8]>) -> Result<bool, StoreError> {
        self.stores.server.swap(&self.key("session"), revision, new, self.stores.time_to_live).await
    }

    /// Returns the revision in plain text, which the scripts compare, followed by the record.
    fn encode(&self, record: &StoredSession) -> Result<Vec<u8>, StoreError> {
        let json = record.to_json().map_err(|error| StoreError::new("encode the session", error))?;
        let encoded = match &self.stores.cipher {
            Some(cipher) => cipher.encrypt(json, &self.key("session"))?,
            None => json,
        };
        let mut bytes = record.revision().to_string().into_bytes();
        bytes.extend(encoded);
        Ok(bytes)
    }

    fn decode(&self, bytes: &[u8]) -> Option<StoredSession> {
        let (revision, encoded) = bytes.split_at_checked(REVISION_LENGTH)?;
        let record = match &self.stores.cipher {
            Some(cipher) => StoredSession::from_json(&cipher.decrypt(encoded, &self.key("session"))?),
            None => StoredSession::from_json(encoded),
        };
        record.ok().filter(|record| record.revision().to_string().as_bytes() == revision)
    }
}
