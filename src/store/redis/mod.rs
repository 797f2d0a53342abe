//! The sessions of a service in Redis or Valkey.

mod attempt;
#[cfg(feature = "redis-cluster")]
mod cluster;
mod connection;
#[cfg(feature = "redis-sentinel")]
mod master;
mod server;

use std::{fmt, sync::Arc, time::Duration};

use ::redis::aio::ConnectionManager;
#[cfg(feature = "redis-cluster")]
use ::redis::cluster::ClusterClient;
#[cfg(feature = "redis-sentinel")]
use ::redis::sentinel::SentinelClient;

use self::{connection::Connection, server::RedisServer};
use super::{RemoteStore, SessionStore, SessionStores, remote::RemoteStores};
use crate::error::Result;

/// The sessions of a service in Redis or Valkey, shared by its processes: one connection, and one store per session.
///
/// It works with a single server, with Redis Cluster (feature `redis-cluster`) and with servers that Sentinel monitors
/// (feature `redis-sentinel`).
///
/// The service identifies each session by an id of its choice. The keys are `PREFIX:session:ID` and, during a refresh,
/// `PREFIX:lease:ID`, with `:` and `%` in the id percent-encoded. If the id is the value of a cookie, pass its hash, so
/// that access to the list of keys does not allow impersonating users.
///
/// If the server loses a session, its user is signed out. Make the data persistent (`appendonly yes`) and turn eviction
/// off (`maxmemory-policy noeviction`). Replication is asynchronous: a failover loses the writes of the last moments
/// unless the server refuses those that no replica receives (`min-replicas-to-write 1`). A lost refresh costs one more
/// request; a lost sign-in has to be repeated.
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
pub struct RedisStores(RemoteStores);

impl fmt::Debug for RedisStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug("RedisStores", f)
    }
}

impl RedisStores {
    /// Connects to the server at this URL: `redis://`, or `rediss://` for TLS (feature `rustls`). All keys start with
    /// the prefix; services with different prefixes never share a key.
    ///
    /// With TLS, the server's certificate must be valid for its name and issued by an authority that the system trusts.
    /// Set the environment variable `SSL_CERT_FILE` for another authority on Linux, or pass a connection with
    /// certificates of your own to [`new`](Self::new).
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) for an empty prefix; [`Error::Store`](crate::Error::Store)
    /// if the URL is invalid or the server does not respond.
    pub async fn connect(url: &str, prefix: impl Into<String>) -> Result<Self> {
        Self::with_connection(prefix.into(), Connection::open(url).await?)
    }

    /// Connects to a cluster. The URLs are those of some of its nodes, which know the others; user, password and TLS
    /// are the same for all nodes and taken from the first URL.
    ///
    /// While a replica is promoted, operations are repeated for up to 20 seconds. Set `cluster-node-timeout` of the
    /// nodes to a few seconds, so that this suffices.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), if no node responds.
    #[cfg(feature = "redis-cluster")]
    pub async fn connect_cluster<'a>(
        urls: impl IntoIterator<Item = &'a str>,
        prefix: impl Into<String>,
    ) -> Result<Self> {
        Self::with_connection(prefix.into(), Connection::open_cluster(urls.into_iter().collect()).await?)
    }

    /// Connects to the master that these sentinels name, and to its successor after a failover.
    ///
    /// `master` is the URL of the server with the name of the master in place of its address, such as
    /// `rediss://user:password@mymaster/0`. User and password of the sentinels belong in their own URLs.
    ///
    /// While the sentinels promote a replica, operations are repeated for up to 20 seconds. Set their
    /// `down-after-milliseconds` to a few seconds, so that this suffices.
    ///
    /// ```no_run
    /// # async fn f() -> Result<(), gotrue::Error> {
    /// use gotrue::RedisStores;
    ///
    /// let sentinels = ["redis://10.0.0.1:26379", "redis://10.0.0.2:26379", "redis://10.0.0.3:26379"];
    /// let sessions = RedisStores::connect_sentinel(sentinels, "redis://:password@mymaster", "my-app").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`connect`](Self::connect), if no sentinel responds or the master does not.
    #[cfg(feature = "redis-sentinel")]
    pub async fn connect_sentinel<'a>(
        sentinels: impl IntoIterator<Item = &'a str>,
        master: &str,
        prefix: impl Into<String>,
    ) -> Result<Self> {
        let connection = Connection::open_sentinel(sentinels.into_iter().collect(), master).await?;
        Self::with_connection(prefix.into(), connection)
    }

    /// Uses an existing connection, with its own timeouts.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) for an empty prefix.
    pub fn new(connection: ConnectionManager, prefix: impl Into<String>) -> Result<Self> {
        Self::with_connection(prefix.into(), Connection::Single(connection))
    }

    /// Uses the cluster that this client connects to, such as one with its own certificates
    /// ([`ClusterClientBuilder`](::redis::cluster::ClusterClientBuilder)). Sends no request.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) for an empty prefix.
    #[cfg(feature = "redis-cluster")]
    pub fn from_cluster(client: ClusterClient, prefix: impl Into<String>) -> Result<Self> {
        Self::with_connection(prefix.into(), Connection::cluster(client))
    }

    /// Uses the master that this client finds, such as one with its own certificates
    /// ([`SentinelClientBuilder`](::redis::sentinel::SentinelClientBuilder)). Sends no request.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) for an empty prefix.
    #[cfg(feature = "redis-sentinel")]
    pub fn from_sentinel(client: SentinelClient, prefix: impl Into<String>) -> Result<Self> {
        Self::with_connection(prefix.into(), Connection::sentinel(client))
    }

    fn with_connection(prefix: String, connection: Connection) -> Result<Self> {
        RemoteStores::new(prefix, RedisServer::new(connection)).map(Self)
    }

    /// Sets how long the server keeps a session after the last write, which is the sign-in or the last refresh. Choose
    /// more than the longest absence of a user, because the user is signed out when the session expires. Defaults to no
    /// limit.
    #[must_use]
    pub fn time_to_live(self, time_to_live: Duration) -> Self {
        Self(self.0.time_to_live(time_to_live))
    }

    /// Encrypts the sessions with this key (AES-256-GCM, with the name of the session's key as associated data). A
    /// session that was stored unencrypted or with another key counts as absent.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store) if the cipher rejects the key; no key of this length is known to be
    /// rejected.
    pub fn encrypt(self, key: &[u8; 32]) -> Result<Self> {
        self.0.encrypt(key).map(Self)
    }

    /// Returns the store of the session with this id. No request is sent.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) for an empty id, which all users would share, and for a time
    /// to live of less than one millisecond.
    pub fn session(&self, id: impl Into<String>) -> Result<RemoteStore> {
        self.0.session(id.into())
    }
}

impl SessionStores for RedisStores {
    fn session(&self, id: &str) -> Result<Arc<dyn SessionStore>> {
        Ok(Arc::new(self.0.session(id.to_owned())?))
    }
}
