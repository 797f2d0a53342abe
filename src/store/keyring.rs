//! A store in the system's keychain.

use std::{fmt, fs, io, path::PathBuf, sync::Arc};

use ::keyring::{Entry, Error};

use super::{
    Lease, Revision, SessionStore, StoreFuture, StoredSession,
    backend::{SharedStore, StoreBackend},
    lock::Locks,
};
use crate::error::StoreError;

/// Keeps the session in the system's keychain: Keychain on macOS, Credential Manager on Windows, Secret Service on
/// others.
///
/// A keychain has no locks. Several processes take turns by lock files, which hold nothing. Windows takes 2,560 bytes,
/// which a session with much metadata exceeds.
///
/// ```no_run
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let store = gotrue::KeyringStore::open("my-app", "session", "/var/lib/my-app")?;
/// let auth = client.session_manager(store).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct KeyringStore(Arc<SharedStore<Entry>>);

impl fmt::Debug for KeyringStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyringStore")
    }
}

impl KeyringStore {
    /// The session under this name of this service, with lock files in this folder, which is made if need be.
    ///
    /// # Errors
    /// [`StoreError`] when there is no keychain, or the folder cannot be written to.
    pub fn open(service: &str, name: &str, lock_folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let entry = Entry::new(service, name).map_err(|error| StoreError::new("open the keychain", error))?;
        Self::in_entry(entry, lock_folder)
    }

    /// The session in this entry of a keychain.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be written to.
    pub fn in_entry(entry: Entry, lock_folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let folder = lock_folder.into();
        let locks = Locks::next_to(&folder.join("session"));
        let prepared = fs::create_dir_all(&folder).and_then(|()| locks.prepare());
        prepared.map_err(|error| StoreError::new("make its lock files", error))?;
        Ok(Self(Arc::new(SharedStore::new(entry, locks))))
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
        or_none(self.get_secret())
    }

    fn write(&self, record: Option<&[u8]>) -> io::Result<()> {
        let written = match record {
            Some(record) => self.set_secret(record),
            None => self.delete_credential(),
        };
        or_none(written).map(drop)
    }
}

/// An entry that is not there is no failure.
fn or_none<T>(result: Result<T, Error>) -> io::Result<Option<T>> {
    match result {
        Err(Error::NoEntry) => Ok(None),
        other => other.map(Some).map_err(io::Error::other),
    }
}
