//! Sessions in a server that several processes share: what the stores in Redis and PostgreSQL have in common.

mod lease;
mod retry;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use self::lease::LeaseClaim;
pub(super) use self::{lease::HolderId, retry::retry};
use super::{LEASE_TIMEOUT, Lease, Revision, SessionStore, StoreFuture, StoredSession};
use crate::{
    cipher::Cipher,
    error::{Error, Result, StoreError},
    input,
};

/// A server that stores records and leases. Every operation is atomic and may be repeated if its response was lost.
pub(super) trait Server: Send + Sync + 'static {
    /// Returns the record.
    fn read<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<RawRecord>>;

    /// Replaces or removes the record if it has the expected revision; an empty revision stands for a missing record.
    /// Returns whether it did.
    fn swap<'a>(
        &'a self,
        key: &'a SessionKey,
        expected: &'a [u8],
        new: Option<&'a RawRecord>,
        time_to_live: Option<Duration>,
    ) -> StoreFuture<'a, bool>;

    /// Takes or extends the lease. Returns `false` if another holder has it.
    fn claim<'a>(&'a self, key: &'a SessionKey, holder: &'a HolderId, expiry: Duration) -> StoreFuture<'a, bool>;

    /// Releases the lease if this holder has it.
    fn release<'a>(&'a self, key: &'a SessionKey, holder: &'a HolderId) -> StoreFuture<'a, ()>;
}

/// A record as the server stores it.
pub(super) struct RawRecord {
    /// The revision in plain text, which the server compares. Any other bytes if the record cannot be read.
    pub(super) revision: Vec<u8>,
    pub(super) content: Vec<u8>,
}

/// Identifies a session in the server.
#[derive(Clone)]
pub(super) struct SessionKey {
    /// The prefix of the service.
    pub(super) prefix: Box<str>,
    pub(super) id: Box<str>,
}

impl SessionKey {
    /// Returns a name that is unique to the prefix, kind and id: an escaped id has no colon, so the last two colons of
    /// a name separate its parts.
    pub(super) fn name(&self, kind: &str) -> String {
        let id = self.id.replace('%', "%25").replace(':', "%3A");
        format!("{}:{kind}:{id}", self.prefix)
    }
}

/// Returns the number of milliseconds, at most a thousand years: servers reject dates that overflow.
pub(super) fn millis(duration: Duration) -> u64 {
    const LONGEST: u64 = 1000 * 365 * 24 * 3600 * 1000;
    u64::try_from(duration.as_millis()).map_or(LONGEST, |millis| millis.min(LONGEST))
}

/// The sessions of a service.
#[derive(Clone)]
pub(super) struct RemoteStores {
    server: Arc<dyn Server>,
    prefix: Box<str>,
    time_to_live: Option<Duration>,
    cipher: Option<Arc<Cipher>>,
    has_warned: Arc<AtomicBool>,
}

impl RemoteStores {
    pub(super) fn new(prefix: String, server: impl Server) -> Result<Self> {
        input::not_empty("key prefix", &prefix)?;
        let server = Arc::new(server);
        Ok(Self { server, prefix: prefix.into(), time_to_live: None, cipher: None, has_warned: Arc::default() })
    }

    pub(super) fn time_to_live(self, time_to_live: Duration) -> Self {
        Self { time_to_live: Some(time_to_live), ..self }
    }

    pub(super) fn encrypt(self, key: &[u8; 32]) -> Result<Self> {
        let cipher = Cipher::new(key).map_err(|error| StoreError::new("use its encryption key", error))?;
        Ok(Self { cipher: Some(Arc::new(cipher)), ..self })
    }

    pub(super) fn session(&self, id: String) -> Result<RemoteStore> {
        input::not_empty("session id", &id)?;
        if self.time_to_live.is_some_and(|time| time < Duration::from_millis(1)) {
            return Err(Error::invalid("time to live", "must be at least one millisecond"));
        }
        Ok(RemoteStore { stores: self.clone(), key: SessionKey { prefix: self.prefix.clone(), id: id.into() } })
    }

    pub(super) fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("prefix", &self.prefix)
            .field("time_to_live", &self.time_to_live)
            .field("encrypted", &self.cipher.is_some())
            .finish_non_exhaustive()
    }
}

/// Stores one session in a server that several processes share. Created by `RedisStores::session` (feature `redis`) and
/// `PostgresStores::session` (feature `postgres`).
///
/// Each operation is one atomic step on the server. A lost connection is re-established and the operation repeated, for
/// up to three seconds in all, or twenty if the server can fail over to another.
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
pub struct RemoteStore {
    stores: RemoteStores,
    key: SessionKey,
}

impl fmt::Debug for RemoteStore {
    /// Omits the id, which may be the value of a cookie.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stores.debug("RemoteStore", f)
    }
}

impl SessionStore for RemoteStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        Box::pin(async { Ok(self.read().await?.record) })
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let new = new.map(|record| self.encode(&record)).transpose()?;
            let revision = expected.map(|revision| revision.to_string()).unwrap_or_default();
            if self.swap(revision.as_bytes(), new.as_ref()).await? {
                return Ok(true);
            }
            if expected.is_some() {
                return Ok(false);
            }
            // A record that cannot be read counts as absent.
            let stored = self.read().await?;
            if stored.record.is_some() { Ok(false) } else { self.swap(&stored.revision, new.as_ref()).await }
        })
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        let claim = LeaseClaim::new(self.stores.server.clone(), self.key.clone());
        Box::pin(async { claim?.lease(LEASE_TIMEOUT).await })
    }
}

/// What the server has under a session's key.
struct StoredRecord {
    /// Empty without a record.
    revision: Vec<u8>,
    /// `None` as well for a record that cannot be read.
    record: Option<StoredSession>,
}

impl RemoteStore {
    async fn read(&self) -> Result<StoredRecord, StoreError> {
        let Some(stored) = self.stores.server.read(&self.key).await? else {
            return Ok(StoredRecord { revision: Vec::new(), record: None });
        };
        let record = self.decode(&stored);
        if record.is_none() && !self.stores.has_warned.swap(true, Ordering::Relaxed) {
            // The cause is omitted, because it may quote the record.
            tracing::warn!("a stored session cannot be read and counts as absent");
        }
        Ok(StoredRecord { revision: stored.revision, record })
    }

    async fn swap(&self, expected: &[u8], new: Option<&RawRecord>) -> Result<bool, StoreError> {
        self.stores.server.swap(&self.key, expected, new, self.stores.time_to_live).await
    }

    fn encode(&self, record: &StoredSession) -> Result<RawRecord, StoreError> {
        let json = record.to_json().map_err(|error| StoreError::new("encode the session", error))?;
        let content = match &self.stores.cipher {
            Some(cipher) => cipher
                .encrypt(json, &self.key.name("session"))
                .map_err(|error| StoreError::new("encrypt the session", error))?,
            None => json,
        };
        Ok(RawRecord { revision: record.revision().to_string().into_bytes(), content })
    }

    fn decode(&self, stored: &RawRecord) -> Option<StoredSession> {
        let record = match &self.stores.cipher {
            Some(cipher) => StoredSession::from_json(&cipher.decrypt(&stored.content, &self.key.name("session"))?),
            None => StoredSession::from_json(&stored.content),
        };
        record.ok().filter(|record| record.revision().to_string().as_bytes() == stored.revision)
    }
}
