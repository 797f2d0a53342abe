//! A file of users, a row at a time.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use gotrue::serde_json;

use super::{format::Format, row::Row};
use crate::failure::{Failure, Result};

/// The rows of a file, in their order.
pub enum Source {
    JsonLines { file: BufReader<File>, at: u64 },
    Csv(Box<csv::Reader<File>>),
}

/// A row, or what is wrong with it, without a word of what is in it.
pub struct Read {
    pub row: Result<Row, String>,
    /// Where in the file the next one begins, in bytes.
    pub next: u64,
}

impl Source {
    pub fn open(path: &Path, format: Format) -> Result<Self> {
        let file = File::open(path).map_err(|error| Failure::from(error).during(path.display()))?;
        match format {
            Format::Jsonl => Ok(Self::JsonLines { file: BufReader::new(file), at: 0 }),
            Format::Csv => Ok(Self::Csv(Box::new(csv::Reader::from_reader(file)))),
        }
    }

    /// The next row; nothing at the end of the file.
    pub fn read(&mut self) -> Result<Option<Read>> {
        match self {
            Self::JsonLines { file, at } => json_line(file, at),
            Self::Csv(reader) => {
                let row = match reader.deserialize::<Row>().next() {
                    None => return Ok(None),
                    Some(Ok(row)) => Ok(row),
                    Some(Err(error)) => Err(why(error.into_kind())?),
                };
                Ok(Some(Read { row, next: reader.position().byte() }))
            }
        }
    }
}

fn json_line(file: &mut impl BufRead, at: &mut u64) -> Result<Option<Read>> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let size = file.read_until(b'\n', &mut line)?;
        if size == 0 {
            return Ok(None);
        }
        *at += size as u64;
        if !line.trim_ascii().is_empty() {
            break;
        }
    }
    Ok(Some(Read { row: serde_json::from_slice(&line).map_err(|error| json_error(&error)), next: *at }))
}

/// What serde says may quote a value, though not the name of a field that is not known.
fn json_error(error: &serde_json::Error) -> String {
    let words = error.to_string();
    if words.starts_with("unknown field") || words.starts_with("metadata is") {
        return words;
    }
    format!("cannot be read at column {}", error.column())
}

/// What is wrong with a row. That of the file as a whole is an end to it.
fn why(error: csv::ErrorKind) -> Result<String> {
    match error {
        csv::ErrorKind::Io(error) => Err(error.into()),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Ok(format!("has {len} cells where there are {expected_len} columns"))
        }
        csv::ErrorKind::Deserialize { err, .. } => match (err.field(), err.kind()) {
            (_, csv::DeserializeErrorKind::Message(words)) if words.starts_with("unknown field") => Ok(words.clone()),
            (Some(column), _) => Ok(format!("cannot be read in column {}", column + 1)),
            (None, _) => Ok("cannot be read".to_owned()),
        },
        _ => Ok("cannot be read".to_owned()),
    }
}
