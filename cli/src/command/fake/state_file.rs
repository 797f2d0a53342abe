//! The file in which a fake server keeps its state over restarts.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use gotrue_fake::FakeServer;
use tempfile::NamedTempFile;

use crate::failure::{Exit, Failure, Result};

/// The file, and what is in it. Only its owner can read it.
pub struct StateFile {
    path: PathBuf,
    /// How many requests the server had received when it was saved.
    saved_at: Option<u64>,
    /// Whether the last attempt to save failed.
    is_failing: bool,
    /// Keeps other servers from the file. It is a file of its own, since each save replaces the state file.
    _lock: File,
}

impl StateFile {
    /// Opens the file, which no other server may use.
    pub fn open(path: PathBuf) -> Result<Self> {
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Failure::usage(format!("{}: expected a regular file", path.display())));
        }
        let lock = lock(&path).map_err(|failure| failure.during(path.display()))?;
        Ok(Self { path, saved_at: None, is_failing: false, _lock: lock })
    }

    /// Loads the state, if there is a file with one.
    pub fn load(&self, server: &FakeServer) -> Result<()> {
        let in_file = |failure: Failure| failure.during(self.path.display());
        match fs::read_to_string(&self.path) {
            Ok(text) if text.is_empty() => Ok(()),
            Ok(text) => server.restore(&text).map_err(|why| {
                in_file(Failure::new(Exit::Usage, format!("no state of a fake server that this version reads: {why}")))
                    .hint("the file is unchanged; pass another one to start without users")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(in_file(error.into())),
        }
    }

    /// Saves the state if there were requests since it was last saved. If that fails, the next call tries again; only
    /// the first of several failures is returned.
    pub fn save_changes(&mut self, server: &FakeServer) -> Result<()> {
        if self.saved_at == Some(server.received()) {
            return Ok(());
        }
        let was_failing = self.is_failing;
        let result = self.save(server);
        self.is_failing = result.is_err();
        if was_failing { Ok(()) } else { result }
    }

    /// Replaces the file, so that it is never half written.
    pub fn save(&mut self, server: &FakeServer) -> Result<()> {
        let in_file = |error: io::Error| Failure::from(error).during(self.path.display());
        let received = server.received();
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(directory).map_err(in_file)?;
        file.write_all(server.snapshot().as_bytes()).map_err(in_file)?;
        file.persist(&self.path).map_err(|error| in_file(error.error))?;
        self.saved_at = Some(received);
        Ok(())
    }
}

fn lock(path: &Path) -> Result<File> {
    let mut name = OsString::from(path);
    name.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(name)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Failure::new(Exit::Refused, "another fake server keeps its state in this file"))
        }
        // Some file systems have no locks.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
