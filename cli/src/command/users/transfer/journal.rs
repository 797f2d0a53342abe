//! How far an import has come, so that it goes on after whatever has stopped it.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use gotrue::serde_json;
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use super::sibling::sibling;
use crate::failure::{Exit, Failure, Result};

/// After so many rows the journal is written. As many may have been sent that it does not know of.
pub const EVERY: u64 = 100;

/// The journal beside the file: `users.jsonl.progress`.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    state: State,
    /// Whether another run has begun it.
    is_old: bool,
    unwritten: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    /// Names the import. With it and its number each row without an id gets one, the same each time.
    import: Uuid,
    /// The server, which must be the same when it goes on.
    server: String,
    /// The size of the file, which must be the same as well.
    size: u64,
    /// How many rows are done, from the beginning.
    done: u64,
    created: u64,
    refused: u64,
    /// How much of the report is about these rows.
    report: u64,
}

impl Journal {
    /// The journal of the file, old or new. It is on the disk before anything is sent.
    pub fn open(file: &Path, server: &str) -> Result<Self> {
        let path = sibling(file, "progress");
        let size = fs::metadata(file).map_err(|error| Failure::from(error).during(file.display()))?.len();
        let (state, is_old) = match fs::read(&path) {
            Ok(text) => (read(&text, &path, server, size)?, true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (State::new(server, size), false),
            Err(error) => return Err(Failure::from(error).during(path.display())),
        };
        let mut journal = Self { path, state, is_old, unwritten: 0 };
        journal.write()?;
        Ok(journal)
    }

    pub fn done(&self) -> u64 {
        self.state.done
    }

    pub fn is_old(&self) -> bool {
        self.is_old
    }

    pub fn created(&self) -> u64 {
        self.state.created
    }

    pub fn refused(&self) -> u64 {
        self.state.refused
    }

    pub fn report_size(&self) -> u64 {
        self.state.report
    }

    /// The ids of rows that have none of their own.
    pub fn ids(&self) -> Ids {
        Ids(self.state.import)
    }

    /// A row is done, with the size of the report then.
    pub fn note(&mut self, was_created: bool, report: u64) -> Result<()> {
        self.state.done += 1;
        *(if was_created { &mut self.state.created } else { &mut self.state.refused }) += 1;
        self.state.report = report;
        self.unwritten += 1;
        if self.unwritten >= EVERY { self.write() } else { Ok(()) }
    }

    /// Puts it on the disk, as a whole.
    pub fn write(&mut self) -> Result<()> {
        self.unwritten = 0;
        let write = || {
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            file.write_all(&serde_json::to_vec(&self.state)?)?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error: io::Error| Failure::from(error).during(self.path.display()))
    }

    /// All is done.
    pub fn remove(self) -> Result<()> {
        Ok(fs::remove_file(self.path)?)
    }
}

/// The ids of an import, the same for a row each time.
#[derive(Clone, Copy, Debug)]
pub struct Ids(Uuid);

impl Ids {
    pub fn of(self, row: u64) -> Uuid {
        Builder::from_random_bytes(self.0.as_u128().wrapping_add(row.into()).to_be_bytes()).into_uuid()
    }
}

impl State {
    fn new(server: &str, size: u64) -> Self {
        Self { import: Uuid::new_v4(), server: server.to_owned(), size, done: 0, created: 0, refused: 0, report: 0 }
    }
}

fn read(text: &[u8], path: &Path, server: &str, size: u64) -> Result<State> {
    let again = |why: &str| {
        Failure::new(Exit::Refused, format!("{}: {why}", path.display()))
            .hint("remove it to begin anew; rows that were sent are then refused as taken")
    };
    let state: State = serde_json::from_slice(text).map_err(|_| again("is no journal of an import"))?;
    if state.server != server {
        return Err(again(&format!("is of an import into {}", state.server)));
    }
    if state.size != size {
        return Err(again("is of a file of another size; the file has changed"));
    }
    Ok(state)
}
