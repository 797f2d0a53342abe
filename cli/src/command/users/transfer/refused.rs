//! The file of refused rows: `users.jsonl.refused.jsonl`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use gotrue::serde_json;

use super::{
    row::{Refusal, Row},
    sibling::{create_private, make_private, sibling},
};
use crate::failure::{Failure, Result};

/// Ending of the file's name.
pub const ENDING: &str = "refused.jsonl";

/// The refused rows of an import, without their passwords. The file can itself be imported.
pub struct RefusedRows {
    pub path: PathBuf,
    pub size: u64,
}

impl RefusedRows {
    /// Opens the file, and drops what an interrupted run wrote after its last journal entry: those rows are sent again.
    pub fn open(file: &Path, size: u64) -> Result<Self> {
        let path = sibling(file, ENDING);
        let truncate = || match OpenOptions::new().write(true).open(&path) {
            Ok(existing) if size > 0 => existing.set_len(size),
            Ok(_) => fs::remove_file(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        truncate().map_err(|error| Failure::from(error).during(path.display()))?;
        Ok(Self { path, size })
    }

    pub fn add(&mut self, mut row: Row, refusal: Refusal) -> Result<()> {
        let password_of = row.has_password().then(|| row.identity());
        row.refused = Some(Refusal { password_omitted: row.has_password(), password_of, ..refusal });
        let write = || {
            let mut file = match OpenOptions::new().append(true).open(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => create_private(&self.path)?,
                opened => opened?,
            };
            make_private(&file)?;
            let mut line = serde_json::to_vec(&row)?;
            line.push(b'\n');
            file.write_all(&line)?;
            file.metadata()
        };
        let written = write().map_err(|error: io::Error| Failure::from(error).during(self.path.display()))?;
        self.size = written.len();
        Ok(())
    }
}
