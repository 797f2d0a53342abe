//! Session storage: in memory, in a file, in the system's keychain, in Redis, in PostgreSQL, or anywhere else.

#[cfg(not(browser))]
mod backend;
mod bounded;
#[cfg(not(browser))]
mod file;
#[cfg(feature = "keyring")]
mod keyring;
#[cfg(not(browser))]
mod lock;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(not(browser))]
mod private_file;
mod record;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod remote;
#[cfg(browser)]
mod web;

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

pub(crate) use bounded::BoundedStore;
#[cfg(not(browser))]
pub use file::FileStore;
#[cfg(feature = "keyring")]
pub use keyring::KeyringStore;
pub use memory::{MemoryStore, MemoryStores};
#[cfg(feature = "postgres")]
pub use postgres::PostgresStores;
pub use record::{Revision, StoredSession};
#[cfg(feature = "redis")]
pub use redis::RedisStores;
#[cfg(any(feature = "postgres", feature = "redis"))]
pub use remote::RemoteStore;
#[cfg(browser)]
pub use web::WebStore;

use futures_util::Stream;

use crate::error::{Result, StoreError};

/// The longest wait for another holder of the lease. No refresh that still makes progress takes longer.
const LEASE_TIMEOUT: Duration = Duration::from_secs(90);

/// The future that each method of [`SessionStore`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The stream that [`SessionStore::changes`] returns.
pub type StoreChanges = Pin<Box<dyn Stream<Item = ()> + Send>>;

/// Stores the session of one user, possibly shared by several processes.
///
/// [`MemoryStore`] keeps it in this process. [`FileStore`] suits applications and command-line tools, `KeyringStore`
/// (feature `keyring`) uses the system's keychain, and `RedisStores` (feature `redis`) and `PostgresStores` (feature
/// `postgres`) suit services with several processes. A store of your own consists of a load, a compare-and-swap and a
/// lease, which any database supports.
///
/// The session manager waits for each method no longer than the client's timeout (see `ClientBuilder::timeout`), and
/// for `lease` no longer than half of it, then drops the future and treats the call as failed.
///
/// ```
/// use gotrue::{MemoryStore, SessionStore, store::{Lease, Revision, StoreFuture, StoredSession}};
///
/// /// A store that counts how often it is read.
/// #[derive(Debug, Default)]
/// struct CountingStore(MemoryStore, std::sync::atomic::AtomicU64);
///
/// impl SessionStore for CountingStore {
///     fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
///         self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.0.load()
///     }
///
///     fn compare_and_swap(
///         &self,
///         expected: Option<Revision>,
///         new: Option<StoredSession>,
///     ) -> StoreFuture<'_, bool> {
///         self.0.compare_and_swap(expected, new)
///     }
///
///     fn lease(&self) -> StoreFuture<'_, Lease> {
///         self.0.lease()
///     }
/// }
/// ```
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// Returns the stored session. A record that cannot be read counts as absent, and the store logs one warning.
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>>;

    /// Replaces the record, or removes it if `new` is `None`, and returns `true`, but only if the record still has the
    /// expected revision (`None`: if there is still no record). Otherwise changes nothing and returns `false`.
    ///
    /// The comparison and the write are one atomic step.
    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool>;

    /// Waits for the exclusive right to refresh the session. It lasts until the lease is dropped or its holder dies.
    ///
    /// Fails if another holder does not release it in time (90 seconds in the stores of this crate). Dropping the
    /// future ends the wait.
    fn lease(&self) -> StoreFuture<'_, Lease>;

    /// Returns a stream with an item after each change of the record by another process or tab, for
    /// [`SessionManager::follow_store`](crate::SessionManager::follow_store). Several changes may be one item. Returns
    /// `None` if the store does not notice changes, which is the default.
    fn changes(&self) -> Option<StoreChanges> {
        None
    }
}

impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        (**self).load()
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        (**self).compare_and_swap(expected, new)
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        (**self).lease()
    }

    fn changes(&self) -> Option<StoreChanges> {
        (**self).changes()
    }
}

/// The sessions of a service, each with a store of its own.
///
/// [`MemoryStores`] keeps them in this process; `RedisStores` (feature `redis`) and `PostgresStores` (feature
/// `postgres`) share them between processes.
pub trait SessionStores: fmt::Debug + Send + Sync + 'static {
    /// Returns the store of the session with this id. Sends no request.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) for an id that is empty.
    fn session(&self, id: &str) -> Result<Arc<dyn SessionStore>>;
}

/// The exclusive right to refresh a session. Dropping it releases it.
pub struct Lease(#[expect(dead_code, reason = "held for its Drop")] Option<Box<dyn Send + Sync>>);

impl Lease {
    /// Creates a lease that is released when the guard is dropped.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self(Some(Box::new(guard)))
    }

    /// Creates a lease that excludes no other holder, for stores without locks.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}
