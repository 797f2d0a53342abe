//! A store in a file, for applications and commands.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Lease, Revision, SessionStore, StoreFuture, StoredSession,
    backend::{SharedStore, StoreBackend},
    lock::{Locks, open_private},
};
use crate::error::StoreError;

/// Keeps the session in a file that only its owner can read.
///
/// Several processes may use one file: they take turns by locks on files next to it, and one refresh is enough for all
/// of them. A record is replaced as a whole, so that a process which is killed while writing leaves the old one or the
/// new one. The locks end with the process that holds them.
///
/// ```no_run
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let store = gotrue::FileStore::open("session.json")?;
/// let auth = client.session_manager(store).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct FileStore(Arc<SharedStore<RecordFile>>);

/// A file, and where a record is written before it takes the place of the old one.
#[derive(Debug)]
struct RecordFile {
    path: PathBuf,
    new: PathBuf,
}

impl FileStore {
    /// The session in this file. Its folder is made if need be.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be made or written to.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let locks = Locks::next_to(&path);
        let mut new = path.clone().into_os_string();
        new.push(".new");
        let file = RecordFile { new: new.into(), path };
        let prepared = file.folder().map_or(Ok(()), fs::create_dir_all).and_then(|()| locks.prepare());
        prepared.map_err(|error| StoreError::new("open its file", error))?;
        Ok(Self(Arc::new(SharedStore::new(file, locks))))
    }
}

impl SessionStore for FileStore {
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

impl StoreBackend for RecordFile {
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        or_none(fs::read(&self.path))
    }

    /// Whoever is killed in here leaves the old record or the new one.
    fn write(&self, record: Option<&[u8]>) -> io::Result<()> {
        if let Some(record) = record {
            let mut file = open_private(&self.new)?;
            file.set_len(0)?;
            file.write_all(record)?;
            file.sync_all()?;
            fs::rename(&self.new, &self.path)?;
        } else {
            or_none(fs::remove_file(&self.path))?;
        }
        self.sync_folder()
    }
}

impl RecordFile {
    fn folder(&self) -> Option<&Path> {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty())
    }

    /// Makes the new name last over a loss of power, where folders are files.
    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        fs::File::open(self.folder().unwrap_or(Path::new(".")))?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is not there is no failure.
fn or_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}
