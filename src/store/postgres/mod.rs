//! The sessions of a service in PostgreSQL.

mod connection;
mod error;
mod server;

use std::{fmt, sync::Arc, time::Duration};

use deadpool_postgres::Pool;

use self::server::PostgresServer;
use super::{RemoteStore, SessionStore, SessionStores, remote::RemoteStores};
use crate::{
    error::{Error, Result},
    input,
};

/// An arbitrary number that identifies [`PostgresStores::migrate`] among the advisory locks of the database.
const MIGRATION_LOCK: i64 = 0x676f_7472_7565;

/// The sessions of a service in PostgreSQL, shared by its processes: a pool of connections, and one store per session.
///
/// The sessions are in the table `gotrue.sessions`, by service and by an id of the service's choice. If the id is the
/// value of a cookie, pass its hash, so that access to the table does not allow impersonating users. Add
/// [`SCHEMA`](Self::SCHEMA) to your migrations, or call [`migrate`](Self::migrate) when the service starts.
///
/// After a restart or failover of the server, operations are repeated for up to 20 seconds. With several hosts in the
/// URL and `target_session_attrs=read-write`, the pool finds the new primary.
///
/// ```no_run
/// # async fn f(client: gotrue::Client, encryption_key: [u8; 32]) -> Result<(), gotrue::Error> {
/// use gotrue::PostgresStores;
/// use std::time::Duration;
///
/// let sessions = PostgresStores::connect("postgres://user:password@db.example.com/app", "my-app")
///     .await?
///     .encrypt(&encryption_key)?
///     .time_to_live(Duration::from_secs(30 * 24 * 3600));
/// sessions.migrate().await?;
/// let auth = client.session_manager(sessions.session("4711")?).await?;
/// let token = auth.access_token().await?; // one refresh, however many processes call this
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresStores {
    stores: RemoteStores,
    server: PostgresServer,
    service: Arc<str>,
}

impl fmt::Debug for PostgresStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stores.debug("PostgresStores", f)
    }
}

impl PostgresStores {
    /// The SQL that creates the schema `gotrue` with its two tables. It may be run again.
    pub const SCHEMA: &str = include_str!("schema.sql");

    /// Connects to the database at this URL, with up to eight connections. Services with different names never share a
    /// session.
    ///
    /// TLS is required unless the URL says `sslmode=disable`, except on this machine, where it needs `sslmode=require`.
    /// The server's certificate must be valid for its name and issued by an authority that the system trusts. Set the
    /// environment variable `SSL_CERT_FILE` for another authority on Linux, or pass a pool with a connector of your own
    /// to [`new`](Self::new).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty name; [`Error::Store`] if the URL is invalid or the server does not accept
    /// the connection.
    pub async fn connect(url: &str, service: impl Into<String>) -> Result<Self> {
        let stores = Self::new(connection::pool(url)?, service)?;
        stores.server.check().await?;
        Ok(stores)
    }

    /// Uses an existing pool of connections, such as the one that the service uses for its own data. Sends no request.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty name, or one with a NUL character.
    pub fn new(pool: Pool, service: impl Into<String>) -> Result<Self> {
        let (server, service) = (PostgresServer::new(pool), service.into());
        without_nul("key prefix", &service)?;
        Ok(Self { stores: RemoteStores::new(service.clone(), server.clone())?, server, service: service.into() })
    }

    /// Creates the schema and the tables if they are missing. Several processes may call this at once.
    ///
    /// # Errors
    /// [`Error::Store`] if the server cannot be reached or the role may not create a schema.
    pub async fn migrate(&self) -> Result<()> {
        let statements = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK});\n{}", Self::SCHEMA);
        Ok(self.server.run_all("create its tables", &statements).await?)
    }

    /// Sets how long a session is kept after the last write, which is the sign-in or the last refresh. Choose more than
    /// the longest absence of a user, because the user is signed out when the session expires. Defaults to no limit.
    #[must_use]
    pub fn time_to_live(self, time_to_live: Duration) -> Self {
        Self { stores: self.stores.time_to_live(time_to_live), ..self }
    }

    /// Deletes the expired sessions of this service and returns their number. They count as absent before that, too;
    /// call this once a day, or run the statement in [`SCHEMA`](Self::SCHEMA) on a schedule of the database.
    ///
    /// # Errors
    /// [`Error::Store`] if the server cannot be reached.
    pub async fn remove_expired(&self) -> Result<u64> {
        Ok(self.server.remove_expired(&self.service).await?)
    }

    /// Encrypts the sessions with this key (AES-256-GCM, with service and id as associated data). A session that was
    /// stored unencrypted or with another key counts as absent.
    ///
    /// # Errors
    /// [`Error::Store`] if the cipher rejects the key; no key of this length is known to be rejected.
    pub fn encrypt(self, key: &[u8; 32]) -> Result<Self> {
        Ok(Self { stores: self.stores.encrypt(key)?, ..self })
    }

    /// Returns the store of the session with this id. No request is sent.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an id that is empty, which all users would share, or contains a NUL character, and
    /// for a time to live of less than one millisecond.
    pub fn session(&self, id: impl Into<String>) -> Result<RemoteStore> {
        let id = id.into();
        without_nul("session id", &id)?;
        self.stores.session(id)
    }
}

impl SessionStores for PostgresStores {
    fn session(&self, id: &str) -> Result<Arc<dyn SessionStore>> {
        Ok(Arc::new(Self::session(self, id)?))
    }
}

/// Rejects what a column of text cannot contain.
fn without_nul(name: &'static str, text: &str) -> Result<()> {
    input::not_empty(name, text)?;
    if text.contains('\0') { Err(Error::invalid(name, "must not contain a NUL character")) } else { Ok(()) }
}
