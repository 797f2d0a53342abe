//! The file in which a fake server keeps its state over restarts.

use std::{
    fs,
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
}

impl StateFile {
    pub fn new(path: PathBuf) -> Self {
        Self { path, saved_at: None }
    }

    /// Loads the state, if there is a file.
    pub fn load(&self, server: &FakeServer) -> Result<()> {
        let in_file = |failure: Failure| failure.during(self.path.display());
        match fs::read_to_string(&self.path) {
            Ok(text) => server.restore(&text).map_err(|why| in_file(Failure::new(Exit::Usage, why))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(in_file(error.into())),
        }
    }

    /// Saves the state if there were requests since it was last saved.
    pub fn save_changes(&mut self, server: &FakeServer) -> Result<()> {
        if self.saved_at == Some(server.received()) { Ok(()) } else { self.save(server) }
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
