//! Taking turns among processes, by locks on files.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// How long to wait for another process that reads or writes.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for another process that refreshes.
const TURN_TIMEOUT: Duration = Duration::from_secs(90);

/// How long to wait before looking at a lock again.
const INTERVAL: Duration = Duration::from_millis(10);

/// Two lock files.
#[derive(Debug)]
pub(super) struct Locks {
    /// Held while reading and writing.
    lock: PathBuf,
    /// Held while refreshing.
    turn: PathBuf,
}

impl Locks {
    /// Next to a file that need not be there.
    pub(super) fn next_to(file: &Path) -> Self {
        let next_to_it = |suffix: &str| {
            let mut name = file.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        Self { lock: next_to_it(".lock"), turn: next_to_it(".turn") }
    }

    /// Makes the files.
    pub(super) fn prepare(&self) -> io::Result<()> {
        open_private(&self.lock)?;
        open_private(&self.turn).map(drop)
    }

    /// Waits for the lock for reading and writing.
    pub(super) fn for_writing(&self) -> io::Result<File> {
        hold(&self.lock, LOCK_TIMEOUT)
    }

    /// Waits for the lock for refreshing.
    pub(super) fn for_refreshing(&self) -> io::Result<File> {
        hold(&self.turn, TURN_TIMEOUT)
    }
}

/// Waits for the lock on a file. It ends when the file is closed, at the latest with the process.
fn hold(path: &Path, timeout: Duration) -> io::Result<File> {
    let file = open_private(path)?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if began.elapsed() < timeout => thread::sleep(INTERVAL),
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::TimedOut.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Opens or makes a file that only its owner can read and write.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
