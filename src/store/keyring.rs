//! A store in the system's keychain.

use std::{fmt, fs, io, path::PathBuf, sync::Arc};

use ::keyring::{Entry, Error};

use super::{
    Lease, Revision, SessionStore, StoreFuture, StoredSession,
    backend::{LockedStore, StoreBackend},
    lock::Locks,
};
use crate::error::StoreError;

/// Stores the session in the system's keychain: Keychain on macOS, Credential Manager on Windows, Secret Service
/// elsewhere.
///
/// A keychain has no locks, so processes coordinate through empty lock files. Windows limits an entry to 2,560 bytes,
/// which a session with a lot of metadata exceeds.
///
/// ```no_run
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let store = gotrue::KeyringStore::open("my-app", "session", "/var/lib/my-app")?;
/// let auth = client.session_manager(store).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct KeyringStore(Arc<LockedStore<Entry>>);

impl fmt::Debug for KeyringStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyringStore")
    }
}

impl KeyringStore {
    /// Opens the store in the entry of this service and name. The lock files go into `lock_directory`, which is created
    /// if needed. Use a separate directory for each entry.
    ///
    /// # Errors
    /// [`StoreError`] if there is no keychain, or the directory cannot be created or written to.
    pub fn open(service: &str, name: &str, lock_directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let entry = Entry::new(service, name).map_err(|error| StoreError::new("open the keychain", error))?;
        Self::in_entry(entry, lock_directory)
    }

    /// Opens the store in this entry of a keychain, with its lock files in `lock_directory`, as [`open`](Self::open)
    /// does.
    ///
    /// # Errors
    /// [`StoreError`] if the directory cannot be created or written to.
    pub fn in_entry(entry: Entry, lock_directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let directory = lock_directory.into();
        let locks = Locks::beside(&directory.join("session"));
        let created = fs::create_dir_all(&directory).and_then(|()| locks.create());
        created.map_err(|error| StoreError::new("create its lock files", error))?;
        Ok(Self(Arc::new(LockedStore::new(entry, locks))))
    }
}

impl SessionStore for KeyringStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.0.load()
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        self.0.compare_and_swap(expected, new)
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        self.0.lease()
    }
}

impl StoreBackend for Entry {
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        existing(self.get_secret())
    }

    fn write(&self, record: Option<&[u8]>) -> io::Result<()> {
        let written = match record {
            Some(record) => self.set_secret(record),
            None => self.delete_credential(),
        };
        existing(written).map(drop)
    }
}

/// Returns `None` for a missing entry.
fn existing<T>(result: Result<T, Error>) -> io::Result<Option<T>> {
    match result {
        Err(Error::NoEntry) => Ok(None),
        other => other.map(Some).map_err(io::Error::other),
    }
}
