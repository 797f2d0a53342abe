//! Locks between processes, on files next to the record.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::{LEASE_TIMEOUT, private_file};

/// The longest wait for another process that reads or writes the record.
const RECORD_TIMEOUT: Duration = Duration::from_secs(10);

/// The wait between two attempts to take a lock, because file locks cannot be awaited.
const INTERVAL: Duration = Duration::from_millis(10);

/// The two lock files of a record. They are empty and stay after use.
#[derive(Debug)]
pub(super) struct Locks {
    /// Locked while the record is read or written.
    record: PathBuf,
    /// Locked while the session is refreshed.
    refresh: PathBuf,
}

impl Locks {
    /// Returns the lock files next to a file, which need not exist.
    pub(super) fn beside(file: &Path) -> Self {
        let with_suffix = |suffix: &str| {
            let mut name = file.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        Self { record: with_suffix(".lock"), refresh: with_suffix(".turn") }
    }

    /// Creates the lock files, so that a directory without write permission is noticed early.
    pub(super) fn create(&self) -> io::Result<()> {
        private_file::open(&self.record)?;
        private_file::open(&self.refresh).map(drop)
    }

    /// Waits for the lock to read or write the record.
    pub(super) async fn for_record(&self) -> io::Result<File> {
        acquire(&self.record, RECORD_TIMEOUT).await
    }

    /// Waits for the lock to refresh the session.
    pub(super) async fn for_refresh(&self) -> io::Result<File> {
        acquire(&self.refresh, LEASE_TIMEOUT).await
    }
}

/// Waits for the lock on a file. It is released when the file is closed or the process ends.
async fn acquire(path: &Path, limit: Duration) -> io::Result<File> {
    let attempts = async {
        loop {
            let path = path.to_owned();
            if let Some(lock) = spawn_blocking(move || try_lock(&path)).await?? {
                return Ok(lock);
            }
            sleep(INTERVAL).await;
        }
    };
    timeout(limit, attempts).await.unwrap_or_else(|_| Err(held_by_another(path)))
}

fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let file = private_file::open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn held_by_another(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("another process keeps {} locked", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public operations wait for seconds, so the limit itself is tested here.
    #[tokio::test]
    async fn a_lock_that_is_never_released_is_waited_for_up_to_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("session.json.lock");
        let holder = acquire(&path, RECORD_TIMEOUT).await.unwrap();
        let waiting = timeout(RECORD_TIMEOUT, acquire(&path, Duration::from_millis(30)));
        let error = waiting.await.expect("the limit is far shorter").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.to_string().contains("session.json.lock"), "{error}");
        drop(holder);
        acquire(&path, RECORD_TIMEOUT).await.unwrap();
    }
}
