//! A store in a file, for applications and commands.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{Lease, Revision, SessionStore, StoreError, StoreFuture, StoredSession};

/// How long to wait for another process that reads or writes.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for another process that refreshes.
const LEASE_TIMEOUT: Duration = Duration::from_secs(90);

/// How long to wait before looking at a lock again.
const LOCK_INTERVAL: Duration = Duration::from_millis(10);

/// Keeps the session in a file that only its owner can read.
///
/// Several processes may use one file: they take turns by a lock on a file next to it, and one refresh is enough for
/// all of them. A record is replaced as a whole, so that a process which is killed while writing leaves the old one or
/// the new one. The locks end with the process that holds them.
///
/// ```no_run
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let store = gotrue::FileStore::open("session.json")?;
/// let auth = client.session_manager(store).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct FileStore(Arc<Files>);

#[derive(Debug)]
struct Files {
    record: PathBuf,
    /// Held while reading and writing.
    lock: PathBuf,
    /// Held while refreshing.
    turn: PathBuf,
    /// Where a record is written before it takes the place of the old one.
    new: PathBuf,
    has_warned: AtomicBool,
}

impl FileStore {
    /// The session in this file. Its folder is made if need be.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be made or written to.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let record = path.into();
        let next_to_it = |suffix: &str| {
            let mut name = record.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        let files = Files {
            lock: next_to_it(".lock"),
            turn: next_to_it(".turn"),
            new: next_to_it(".new"),
            has_warned: AtomicBool::new(false),
            record,
        };
        files.prepare().map_err(|error| StoreError::new("open its file", error))?;
        Ok(Self(Arc::new(files)))
    }

    /// Does something that blocks, away from the tasks.
    fn blocking<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Files) -> io::Result<T> + Send + 'static,
    ) -> StoreFuture<'static, T> {
        let files = self.0.clone();
        let work = tokio::task::spawn_blocking(move || work(&files));
        Box::pin(async move {
            let done = work.await.map_err(|error| StoreError::new(doing, error))?;
            done.map_err(|error| StoreError::new(doing, error))
        })
    }
}

impl SessionStore for FileStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.blocking("read the session", |files| {
            let _lock = hold(&files.lock, LOCK_TIMEOUT)?;
            files.read()
        })
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        self.blocking("write the session", move |files| {
            let _lock = hold(&files.lock, LOCK_TIMEOUT)?;
            let fits = files.read()?.as_ref().map(StoredSession::revision) == expected;
            if fits {
                files.write(new.as_ref())?;
            }
            Ok(fits)
        })
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        self.blocking("wait for its turn to refresh", |files| hold(&files.turn, LEASE_TIMEOUT).map(Lease::new))
    }
}

impl Files {
    fn prepare(&self) -> io::Result<()> {
        if let Some(folder) = self.folder() {
            fs::create_dir_all(folder)?;
        }
        for file in [&self.lock, &self.turn] {
            open_private(file)?;
        }
        Ok(())
    }

    fn folder(&self) -> Option<&Path> {
        self.record.parent().filter(|folder| !folder.as_os_str().is_empty())
    }

    fn read(&self) -> io::Result<Option<StoredSession>> {
        let bytes = match fs::read(&self.record) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let record = StoredSession::from_json(&bytes).ok();
        if record.is_none() && !self.has_warned.swap(true, Ordering::Relaxed) {
            // Without the cause, which may quote the record.
            tracing::warn!(file = %self.record.display(), "the stored session cannot be read and counts as none");
        }
        Ok(record)
    }

    /// Whoever is killed in here leaves the old record or the new one.
    fn write(&self, record: Option<&StoredSession>) -> io::Result<()> {
        if let Some(record) = record {
            let mut file = open_private(&self.new)?;
            file.set_len(0)?;
            file.write_all(&record.to_json()?)?;
            file.sync_all()?;
            fs::rename(&self.new, &self.record)?;
        } else if let Err(error) = fs::remove_file(&self.record)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        self.sync_folder()
    }

    /// Makes the new name last over a loss of power, where folders are files.
    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        File::open(self.folder().unwrap_or(Path::new(".")))?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits for the lock on a file. It ends when the file is closed, at the latest with the process.
fn hold(path: &Path, timeout: Duration) -> io::Result<File> {
    let file = open_private(path)?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if began.elapsed() < timeout => thread::sleep(LOCK_INTERVAL),
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::TimedOut.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Opens or makes a file that only its owner can read and write.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
