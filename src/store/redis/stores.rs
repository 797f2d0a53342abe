//! All sessions of a service in one server.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use ::redis::aio::ConnectionManager;

use super::{RedisStore, seal::Seal, server::Server};
use crate::{
    error::{Error, Result},
    input,
};

/// The sessions of a service in a Redis or Valkey server: one connection, a store for each session.
///
/// The service names each session by an id of its own. Keys are `PREFIX:session:ID` and, while a session is refreshed,
/// `PREFIX:lease:ID`; where the id is what a cookie holds, give its hash, so that whoever reads the server's keys cannot
/// play the user.
///
/// A server that forgets a session has signed its user out: let it keep its data (`appendonly yes`) and evict nothing
/// (`maxmemory-policy noeviction`).
///
/// ```no_run
/// # async fn f(client: gotrue::Client, key_from_the_vault: [u8; 32]) -> Result<(), gotrue::Error> {
/// use gotrue::RedisStores;
/// use std::time::Duration;
///
/// let sessions = RedisStores::connect("rediss://:password@redis.example.com", "my-app")
///     .await?
///     .encrypt(&key_from_the_vault)?
///     .time_to_live(Duration::from_secs(30 * 24 * 3600));
/// let auth = client.session_manager(sessions.session("4711")?).await?;
/// let token = auth.access_token().await?; // one refresh, however many processes ask
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisStores {
    pub(super) server: Server,
    pub(super) prefix: Arc<str>,
    pub(super) time_to_live: Option<Duration>,
    pub(super) seal: Option<Arc<Seal>>,
    pub(super) has_warned: Arc<AtomicBool>,
}

impl fmt::Debug for RedisStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStores")
            .field("prefix", &self.prefix)
            .field("time_to_live", &self.time_to_live)
            .field("encrypted", &self.seal.is_some())
            .finish_non_exhaustive()
    }
}

impl RedisStores {
    /// Connects to the server at this URL: `redis://`, or `rediss://` for TLS (feature `rustls`). The prefix is that of
    /// all keys; services with different ones do not see each other's sessions.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty prefix; [`Error::Store`] when the URL cannot be used, or nobody answers.
    pub async fn connect(url: &str, prefix: impl Into<String>) -> Result<Self> {
        Self::with_server(prefix.into(), Server::connect(url).await?)
    }

    /// By a connection that is there, with its own time-outs.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty prefix.
    pub fn new(connection: ConnectionManager, prefix: impl Into<String>) -> Result<Self> {
        Self::with_server(prefix.into(), Server::new(connection))
    }

    fn with_server(prefix: String, server: Server) -> Result<Self> {
        input::not_empty("prefix of the keys", &prefix)?;
        Ok(Self { server, prefix: prefix.into(), time_to_live: None, seal: None, has_warned: Arc::default() })
    }

    /// How long a session is kept after it was last written, which each refresh does. Choose more than a user is ever
    /// away: what is forgotten is signed out. Default: for ever.
    #[must_use]
    pub fn time_to_live(self, time_to_live: Duration) -> Self {
        Self { time_to_live: Some(time_to_live), ..self }
    }

    /// Encrypts the sessions with this key (AES-256-GCM, with the name of the session's key as associated data). A
    /// session that was stored without it, or with another one, counts as none.
    ///
    /// # Errors
    /// [`Error::Store`] when the cipher refuses the key, which none of this length is known to make it do.
    pub fn encrypt(self, key: &[u8; 32]) -> Result<Self> {
        Ok(Self { seal: Some(Arc::new(Seal::new(key)?)), ..self })
    }

    /// The store of the session with this id. No request is sent.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty id, which would be everybody's, and for a time to live of less than a
    /// millisecond.
    pub fn session(&self, id: impl Into<String>) -> Result<RedisStore> {
        let id = id.into();
        input::not_empty("id of the session", &id)?;
        if self.time_to_live.is_some_and(|time| time < Duration::from_millis(1)) {
            return Err(Error::invalid("time to live", "must be at least one millisecond"));
        }
        Ok(RedisStore { stores: self.clone(), id: id.into() })
    }
}
