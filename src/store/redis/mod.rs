//! Stores in a Redis or Valkey server, for services of several processes.

mod lease;
mod seal;
mod server;
mod stores;

use std::{fmt, sync::atomic::Ordering};

pub use stores::RedisStores;

use crate::{
    error::StoreError,
    store::{Lease, Revision, SessionStore, StoreFuture, StoredSession},
};
use lease::Turn;

/// How many bytes the revision takes, with which a record begins.
const MARK: usize = 36;

/// Keeps one session in a Redis or Valkey server, from [`RedisStores::session`].
///
/// Each operation is one script, which the server runs as a whole. A connection that is lost is made anew, and the
/// operation is tried again for three seconds in all.
///
/// # What a late writer cannot do
///
/// The turn to refresh is a lease of ten seconds, prolonged as long as its holder lives. It saves requests and does not
/// protect the record: a holder that was stopped for a while may go on after its lease has expired. What protects the
/// record is its revision. Each write makes a new one and names the one that it replaces, so that a writer who does not
/// know the last one is refused. A number that counts the leases would refuse a late write by its lease, whether or not
/// somebody else has written; the late tokens are good until then, and so there is no such number. A lease has a random
/// name instead, by which only its holder prolongs and releases it. After a failover that has lost the lease, or its
/// expiry, the worst is one more request with the same refresh token, which the server answers with the tokens that
/// are good.
#[derive(Clone)]
pub struct RedisStore {
    stores: RedisStores,
    id: Box<str>,
}

impl fmt::Debug for RedisStore {
    /// Without the id, which may be what a cookie holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("stores", &self.stores).finish_non_exhaustive()
    }
}

impl SessionStore for RedisStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        Box::pin(async { Ok(self.look().await?.record) })
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let new = new.map(|record| self.encode(&record)).transpose()?;
            let mark = expected.map(|revision| revision.to_string()).unwrap_or_default();
            if self.swap(mark.as_bytes(), new.as_deref()).await? {
                return Ok(true);
            }
            if expected.is_some() {
                return Ok(false);
            }
            // A record that cannot be read counts as none.
            let there = self.look().await?;
            if there.record.is_some() { Ok(false) } else { self.swap(&there.mark, new.as_deref()).await }
        })
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        let turn = Turn::new(self.stores.server.clone(), self.key("lease"));
        Box::pin(async { turn?.lease().await })
    }
}

/// What is under the key.
struct There {
    /// Its beginning, by which it is recognized: the revision of a record that can be read.
    mark: Vec<u8>,
    record: Option<StoredSession>,
}

impl RedisStore {
    fn key(&self, kind: &str) -> String {
        format!("{}:{kind}:{}", self.stores.prefix, self.id)
    }

    async fn look(&self) -> Result<There, StoreError> {
        let bytes = self.stores.server.read(&self.key("session")).await?;
        let record = bytes.as_deref().and_then(|bytes| self.decode(bytes));
        if bytes.is_some() && record.is_none() && !self.stores.has_warned.swap(true, Ordering::Relaxed) {
            // Without the cause, which may quote the record.
            tracing::warn!("a stored session cannot be read and counts as none");
        }
        let mut mark = bytes.unwrap_or_default();
        mark.truncate(MARK);
        Ok(There { mark, record })
    }

    async fn swap(&self, mark: &[u8], new: Option<&[u8]>) -> Result<bool, StoreError> {
        self.stores.server.swap(&self.key("session"), mark, new, self.stores.time_to_live).await
    }

    /// The revision in plain text, which the scripts compare, and then the record.
    fn encode(&self, record: &StoredSession) -> Result<Vec<u8>, StoreError> {
        let json = record.to_json().map_err(|error| StoreError::new("encode the session", error))?;
        let sealed = match &self.stores.seal {
            Some(seal) => seal.close(json, &self.key("session"))?,
            None => json,
        };
        let mut bytes = record.revision().to_string().into_bytes();
        bytes.extend(sealed);
        Ok(bytes)
    }

    fn decode(&self, bytes: &[u8]) -> Option<StoredSession> {
        let (mark, sealed) = bytes.split_at_checked(MARK)?;
        let record = match &self.stores.seal {
            Some(seal) => StoredSession::from_json(&seal.open(sealed, &self.key("session"))?),
            None => StoredSession::from_json(sealed),
        };
        record.ok().filter(|record| record.revision().to_string().as_bytes() == mark)
    }
}
