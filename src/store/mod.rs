//! Where a session is kept.

mod backend;
mod file;
#[cfg(feature = "keyring")]
mod keyring;
mod lock;
mod memory;
mod record;
#[cfg(feature = "redis")]
mod redis;

use std::{fmt, future::Future, pin::Pin};

pub use file::FileStore;
#[cfg(feature = "keyring")]
pub use keyring::KeyringStore;
pub use memory::MemoryStore;
pub use record::{Revision, StoredSession};
#[cfg(feature = "redis")]
pub use redis::{RedisStore, RedisStores};

use crate::error::StoreError;

/// What the methods of a [`SessionStore`] return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the session of one user, perhaps for several processes.
///
/// [`MemoryStore`] forgets, [`FileStore`] is for applications and commands, `KeyringStore` (feature
/// `keyring`) for the system's keychain, `RedisStores` (feature `redis`) for services of several processes. One of your
/// own is a load, a compare-and-swap and a lease; a database has all three.
///
/// ```
/// use gotrue::{MemoryStore, SessionStore, store::{Lease, Revision, StoreFuture, StoredSession}};
///
/// /// A store that counts how often it is read.
/// #[derive(Debug, Default)]
/// struct Counting(MemoryStore, std::sync::atomic::AtomicU64);
///
/// impl SessionStore for Counting {
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
    /// The session that is kept. A record that cannot be read is none; the store says so once in the log.
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>>;

    /// Replaces the record, or removes it, if it is still the one of this revision; `None` expects that there is none.
    /// Says whether it did. Nobody else can write in between.
    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool>;

    /// Waits for its turn to refresh, which lasts until the lease is dropped, or its holder is gone. Does not wait for
    /// ever.
    fn lease(&self) -> StoreFuture<'_, Lease>;
}

/// The turn to refresh. Dropping it lets the next one have it.
pub struct Lease(#[expect(dead_code, reason = "it is kept for its drop")] Option<Box<dyn Send + Sync>>);

impl Lease {
    /// A lease that ends when the guard is dropped.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self(Some(Box::new(guard)))
    }

    /// A lease that hinders nobody, for stores that cannot tell who else is there.
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
