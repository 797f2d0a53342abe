//! A store in a file, for applications and command-line tools.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Lease, Revision, SessionStore, StoreFuture, StoredSession,
    backend::{LockedStore, StoreBackend},
    lock::Locks,
    private_file,
};
use crate::error::StoreError;

/// The suffix of temporary files.
const TEMPORARY: &str = ".new";

/// How many symbolic links are followed to the file; Linux follows as many.
const MAX_LINKS: usize = 40;

/// Stores the session in a file that only its owner can read (mode 0600 on Unix).
///
/// Several processes may share the file and its directory: they coordinate through locks on two files next to it
/// (`.lock` and `.turn`), and one refresh serves all of them. A lock is released when its process ends.
///
/// The record is replaced atomically, through a temporary file in the same directory: a process that is killed while
/// writing leaves either the old record or the new one. Signing out also removes the temporary files of killed
/// processes.
///
/// A file that cannot be replaced, such as a single file mounted into a container, is written in place, without that
/// guarantee, and emptied on sign-out.
///
/// ```no_run
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let store = gotrue::FileStore::open("session.json")?;
/// let auth = client.session_manager(store).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct FileStore(Arc<LockedStore<RecordFile>>);

impl FileStore {
    /// Opens the store in this file. A missing file is an empty store; its directory is created. Symbolic links are
    /// followed.
    ///
    /// # Errors
    /// [`StoreError`] if the path names no file, or the directory cannot be created or written to.
    /// [`load`](SessionStore::load) rejects anything but a regular file.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let opened = follow_links(path.into()).and_then(|path| {
            let file = RecordFile::new(path)?;
            fs::create_dir_all(file.directory())?;
            let locks = Locks::beside(&file.path);
            locks.create()?;
            Ok(LockedStore::new(file, locks))
        });
        opened.map(Arc::new).map(Self).map_err(|error| StoreError::new("open its file", error))
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

/// The file of a record.
#[derive(Debug)]
struct RecordFile {
    path: PathBuf,
    name: OsString,
}

impl StoreBackend for RecordFile {
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        private_file::expect_regular(&self.path)?;
        existing(fs::read(&self.path))
    }

    fn write(&self, record: Option<&[u8]>) -> io::Result<()> {
        match record {
            Some(record) => self.replace(record)?,
            None => self.remove()?,
        }
        self.sync_directory()
    }
}

impl RecordFile {
    fn new(path: PathBuf) -> io::Result<Self> {
        let Some(name) = path.file_name().map(OsStr::to_owned) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "expected the path of a file"));
        };
        Ok(Self { path, name })
    }

    fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => directory,
            _ => Path::new("."),
        }
    }

    fn replace(&self, record: &[u8]) -> io::Result<()> {
        let temporary = TemporaryFile::create(self.temporary_path()?, record)?;
        if temporary.rename(&self.path).is_ok() {
            return Ok(());
        }
        let mut file = private_file::open_existing(&self.path)?;
        file.write_all(record)?;
        file.set_len(record.len() as u64)?;
        file.sync_all()
    }

    fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                let file = private_file::open_existing(&self.path)?;
                file.set_len(0)?;
                file.sync_all()?;
            }
            removed => drop(existing(removed)?),
        }
        self.remove_leftovers()
    }

    /// Removes the temporary files of processes that were killed. None is in use, as the caller holds the lock.
    fn remove_leftovers(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.directory())? {
            let entry = entry?;
            if self.is_temporary(&entry.file_name()) && !entry.file_type()?.is_dir() {
                existing(fs::remove_file(entry.path()))?;
            }
        }
        Ok(())
    }

    /// Returns an unpredictable path that is not in use.
    fn temporary_path(&self) -> io::Result<PathBuf> {
        let random = getrandom::u64().map_err(io::Error::other)?;
        let mut name = self.name.clone();
        name.push(format!(".{random:016x}{TEMPORARY}"));
        Ok(self.path.with_file_name(name))
    }

    /// Returns whether this is a name from [`temporary_path`](Self::temporary_path), with or without its random part.
    fn is_temporary(&self, name: &OsStr) -> bool {
        let rest = name.as_encoded_bytes().strip_prefix(self.name.as_encoded_bytes());
        match rest.and_then(|rest| rest.strip_suffix(TEMPORARY.as_bytes())) {
            Some([b'.', random @ ..]) => random.len() == 16 && random.iter().all(u8::is_ascii_hexdigit),
            middle => middle.is_some_and(<[u8]>::is_empty),
        }
    }

    /// Makes a rename or removal survive a power failure, where a directory can be synced like a file.
    #[cfg(unix)]
    fn sync_directory(&self) -> io::Result<()> {
        fs::File::open(self.directory())?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A complete new record, removed on drop unless it was renamed.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn create(path: PathBuf, record: &[u8]) -> io::Result<Self> {
        let mut file = private_file::create_new(&path)?;
        let temporary = Self(path);
        file.write_all(record)?;
        file.sync_all()?;
        Ok(temporary)
    }

    fn rename(&self, to: &Path) -> io::Result<()> {
        fs::rename(&self.0, to)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Follows symbolic links, so that the file itself is replaced or removed, and not the link.
fn follow_links(mut path: PathBuf) -> io::Result<PathBuf> {
    // The system may forbid following a link, for example in a world-writable directory.
    existing(fs::metadata(&path))?;
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Returns `None` for a missing file.
fn existing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}
