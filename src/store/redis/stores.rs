//! The sessions of a service in one server.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use ::redis::aio::ConnectionManager;

use super::{RedisStore, cipher::Cipher, server::Server};
use crate::{
    error::{Error, Result},
    input,
};

/// The sessions of a service in a Redis or Valkey server: one connection, and one store per session.
///
/// The service identifies each session by an id of its choice. The keys are `PREFIX:session:ID` and, during a refresh,
/// `PREFIX:lease:ID`, with `:` and `%` in the id percent-encoded. If the id is the value of a cookie, pass its hash, so
/// that access to the list of keys does not allow impersonating users.
///
/// If the server loses a session, its user is signed out. Make the data persistent (`appendonly yes`) and turn eviction
/// off (`maxmemory-policy noeviction`).
///
/// ```no_run
/// # async fn f(client: gotrue::Client, encryption_key: [u8; 32]) -> Result<(), gotrue::Error> {
/// use gotrue::RedisStores;
/// use std::time::Duration;
///
/// let sessions = RedisStores::connect("rediss://:password@redis.example.com", "my-app")
///     .await?
///     .encrypt(&encryption_key)?
///     .time_to_live(Duration::from_secs(30 * 24 * 3600));
/// let auth = client.session_manager(sessions.session("4711")?).await?;
/// let token = auth.access_token().await?; // one refresh, however many processes call this
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisStores {
    pub(super) server: Server,
    pub(super) prefix: Arc<str>,
    pub(super) time_to_live: Option<Duration>,
    pub(super) cipher: Option<Arc<Cipher>>,
    pub(super) has_warned: Arc<AtomicBool>,
}

impl fmt::Debug for RedisStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStores")
            .field("prefix", &self.prefix)
            .field("time_to_live", &self.time_to_live)
            .field("encrypted", &self.cipher.is_some())
            .finish_non_exhaustive()
    }
}

impl RedisStores {
    /// Connects to the server at this URL: `redis://`, or `rediss://` for TLS (feature `rustls`). All keys start with
    /// the prefix; services with different prefixes never share a key.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty prefix; [`Error::Store`] if the URL is invalid or the server does not
    /// respond.
    pub async fn connect(url: &str, prefix: impl Into<String>) -> Result<Self> {
        Self::with_server(prefix.into(), Server::connect(url).await?)
    }

    /// Uses an existing connection, with its own timeouts.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty prefix.
    pub fn new(connection: ConnectionManager, prefix: impl Into<String>) -> Result<Self> {
        Self::with_server(prefix.into(), Server::new(connection))
    }

    fn with_server(prefix: String, server: Server) -> Result<Self> {
        input::not_empty("key prefix", &prefix)?;
        Ok(Self { server, prefix: prefix.into(), time_to_live: None, cipher: None, has_warned: Arc::default() })
    }

    /// Sets how long the server keeps a session after the last write, which is the sign-in or the last refresh. Choose
    /// more than the longest absence of a user, because the user is signed out when the session expires. Defaults to no
    /// limit.
    #[must_use]
    pub fn time_to_live(self, time_to_live: Duration) -> Self {
        Self { time_to_live: Some(time_to_live), ..self }
    }

    /// Encrypts the sessions with this key (AES-256-GCM, with the name of the session's key as associated data). A
    /// session that was stored unencrypted or with another key counts as absent.
    ///
    /// # Errors
    /// [`Error::Store`] if the cipher rejects the key; no key of this length is known to be rejected.
    pub fn encrypt(self, key: &[u8; 32]) -> Result<Self> {
        Ok(Self { cipher: Some(Arc::new(Cipher::new(key)?)), ..self })
    }

    /// Returns the store of the session with this id. No request is sent.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty id, which all users would share, and for a time to live of less than one
    /// millisecond.
    pub fn session(&self, id: impl Into<String>) -> Result<RedisStore> {
        let id = id.into();
        input::not_empty("session id", &id)?;
        if self.time_to_live.is_some_and(|time| time < Duration::from_millis(1)) {
            return Err(Error::invalid("time to live", "must be at least one millisecond"));
        }
        Ok(RedisStore { stores: self.clone(), id: id.into() })
    }
}
