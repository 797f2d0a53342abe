//! The file of refused rows: `users.jsonl.refused.jsonl`, or `stdin.refused.jsonl`.

use std::{
    fs::{self, File, OpenOptions},
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
    /// Whether the rows come from standard input or a pipe, so that the file cannot belong to an earlier run.
    is_unnamed: bool,
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
        Ok(Self { path, size, is_unnamed: false })
    }

    /// Renames the file of an earlier import, which may have been corrected by hand. Returns the new name, if there was
    /// such a file.
    pub fn set_aside(file: &Path) -> Result<Option<PathBuf>> {
        let path = sibling(file, ENDING);
        let former = sibling(&path, "old");
        match fs::rename(&path, &former) {
            Ok(()) => Ok(Some(former)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::from(error).during(path.display())),
        }
    }

    /// Starts the file of rows from standard input or a pipe. It replaces no file: the first free name of
    /// `stdin.refused.jsonl`, `stdin-2.refused.jsonl` and so on is used once a row is refused.
    pub fn unnamed() -> Self {
        Self { path: unnamed_path(1), size: 0, is_unnamed: true }
    }

    pub fn add(&mut self, mut row: Row, refusal: Refusal) -> Result<()> {
        let password_of = row.has_password().then(|| row.identity());
        row.refused = Some(Refusal { password_omitted: row.has_password(), password_of, ..refusal });
        let mut write = || {
            let mut file = if self.is_unnamed && self.size == 0 { self.create_unnamed()? } else { self.append()? };
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

    fn append(&self) -> io::Result<File> {
        match OpenOptions::new().append(true).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => create_private(&self.path),
            opened => opened,
        }
    }

    fn create_unnamed(&mut self) -> io::Result<File> {
        let mut number = 1;
        loop {
            self.path = unnamed_path(number);
            match create_private(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                created => return created,
            }
        }
    }
}

fn unnamed_path(number: u32) -> PathBuf {
    let name = if number == 1 { "stdin".to_owned() } else { format!("stdin-{number}") };
    sibling(Path::new(&name), ENDING)
}
