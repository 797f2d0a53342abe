//! The journal of an import: how far it has come, so that it can continue after any interruption.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use gotrue::serde_json;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::sibling::sibling;
use crate::failure::{Exit, Failure, Result};

/// The journal is written each time this many rows are done. As many rows may be done that it does not know of.
pub const INTERVAL: u64 = 100;

/// The journal of a file: `users.jsonl.progress`.
#[derive(Debug)]
pub struct Journal {
    /// Missing for standard input, which cannot be read again.
    path: Option<PathBuf>,
    state: State,
    /// Whether an earlier run wrote the journal.
    is_resumed: bool,
    unwritten: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    /// The ID of the import, from which the IDs of rows without one are derived.
    import: Uuid,
    server: String,
    /// The SHA-256 of the file, in base64url.
    sha256: String,
    /// The number of rows that are done, from the start of the file.
    done: u64,
    created: u64,
    refused: u64,
    /// The size of the file of refused rows.
    refused_size: u64,
}

impl Journal {
    /// Returns whether there is a journal, so that an import of the file continues.
    pub fn exists(file: &Path) -> bool {
        sibling(file, "progress").exists()
    }

    /// Opens the journal of a file, or starts one. It is on the disk before anything is sent.
    pub fn open(file: &Path, server: &str) -> Result<Self> {
        let path = sibling(file, "progress");
        let sha256 = digest(file).map_err(|error| Failure::from(error).during(file.display()))?;
        let (state, is_resumed) = match fs::read(&path) {
            Ok(text) => (parse(&text, &path, server, &sha256)?, true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (State::new(server, sha256), false),
            Err(error) => return Err(Failure::from(error).during(path.display())),
        };
        let mut journal = Self { path: Some(path), state, is_resumed, unwritten: 0 };
        journal.write()?;
        Ok(journal)
    }

    /// Starts a journal that is only kept in memory.
    pub fn in_memory(server: &str) -> Self {
        Self { path: None, state: State::new(server, String::new()), is_resumed: false, unwritten: 0 }
    }

    pub fn done(&self) -> u64 {
        self.state.done
    }

    pub fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    pub fn created(&self) -> u64 {
        self.state.created
    }

    pub fn refused(&self) -> u64 {
        self.state.refused
    }

    pub fn refused_size(&self) -> u64 {
        self.state.refused_size
    }

    pub fn ids(&self) -> RowIds {
        RowIds(self.state.import)
    }

    /// Records that the next row is done.
    pub fn record(&mut self, is_created: bool, refused_size: u64) -> Result<()> {
        self.state.done += 1;
        *(if is_created { &mut self.state.created } else { &mut self.state.refused }) += 1;
        self.state.refused_size = refused_size;
        self.unwritten += 1;
        if self.unwritten >= INTERVAL { self.write() } else { Ok(()) }
    }

    /// Writes the journal to the disk atomically.
    pub fn write(&mut self) -> Result<()> {
        self.unwritten = 0;
        let Some(path) = &self.path else { return Ok(()) };
        let write = || {
            let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
            let mut file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
            file.write_all(&serde_json::to_vec(&self.state)?)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error: io::Error| Failure::from(error).during(path.display()))
    }

    /// Deletes the journal of a finished import.
    pub fn remove(self) -> Result<()> {
        self.path.map_or(Ok(()), |path| Ok(fs::remove_file(path)?))
    }
}

/// The IDs of the rows of an import that have none: the same for a row each time.
#[derive(Clone, Copy, Debug)]
pub struct RowIds(Uuid);

impl RowIds {
    /// Returns the ID of a row by its index.
    pub fn get(self, row: u64) -> Uuid {
        Builder::from_random_bytes(self.0.as_u128().wrapping_add(row.into()).to_be_bytes()).into_uuid()
    }
}

impl State {
    fn new(server: &str, sha256: String) -> Self {
        let server = server.to_owned();
        Self { import: Uuid::new_v4(), server, sha256, done: 0, created: 0, refused: 0, refused_size: 0 }
    }
}

fn digest(file: &Path) -> io::Result<String> {
    let (mut file, mut hasher, mut buffer) = (File::open(file)?, Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(BASE64URL.encode(hasher.finalize()))
}

fn parse(text: &[u8], path: &Path, server: &str, sha256: &str) -> Result<State> {
    let refuse = |reason: &str| {
        Failure::new(Exit::Refused, format!("{}: {reason}", path.display()))
            .hint("delete it to start again; rows that were created are then refused, since their addresses exist")
    };
    let state: State = serde_json::from_slice(text).map_err(|_| refuse("not the journal of an import"))?;
    if state.server != server {
        return Err(refuse(&format!("the import was started on {}", state.server)));
    }
    if state.sha256 != sha256 {
        return Err(refuse("the file has changed since the import was started"));
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://auth.example.com/";

    fn directory_with(contents: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::TempDir::new().unwrap();
        let file = directory.path().join("users.jsonl");
        fs::write(&file, contents).unwrap();
        (directory, file)
    }

    #[test]
    fn counts_and_ids_survive_a_restart() {
        let (_directory, file) = directory_with("a\nb\nc\n");
        let mut journal = Journal::open(&file, SERVER).unwrap();
        assert!(!journal.is_resumed());
        for is_created in [true, true, false] {
            journal.record(is_created, 7).unwrap();
        }
        let id = journal.ids().get(1);
        journal.write().unwrap();
        let journal = Journal::open(&file, SERVER).unwrap();
        assert!(journal.is_resumed());
        assert_eq!((journal.done(), journal.created(), journal.refused(), journal.refused_size()), (3, 2, 1, 7));
        assert_eq!(journal.ids().get(1), id);
        assert_ne!(journal.ids().get(2), id);
        journal.remove().unwrap();
        assert!(!Journal::open(&file, SERVER).unwrap().is_resumed());
    }

    #[test]
    fn it_is_written_after_every_interval() {
        let (_directory, file) = directory_with("a\n");
        let mut journal = Journal::open(&file, SERVER).unwrap();
        for _ in 0..INTERVAL + 7 {
            journal.record(true, 0).unwrap();
        }
        assert_eq!(Journal::open(&file, SERVER).unwrap().done(), INTERVAL);
    }

    #[test]
    fn it_belongs_to_one_file_and_one_server() {
        let (_directory, file) = directory_with("a\nb\n");
        Journal::open(&file, SERVER).unwrap();
        let refused = |server: &str| Journal::open(&file, server).unwrap_err().message;
        assert!(refused("https://other.example.com/").contains("started on https://auth.example.com/"));
        fs::write(&file, "b\na\n").unwrap();
        assert!(refused(SERVER).contains("has changed"), "the same size in another order");
        fs::write(&file, "a\nb\n").unwrap();
        fs::write(sibling(&file, "progress"), "{").unwrap();
        assert!(refused(SERVER).contains("not the journal"));
        assert_eq!(fs::read_to_string(sibling(&file, "progress")).unwrap(), "{", "it is left as it was");
    }
}
