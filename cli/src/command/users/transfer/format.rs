//! The format of a file of users.

use std::path::Path;

use clap::ValueEnum;

use crate::failure::{Failure, Result};

/// The form of a file of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A JSON object a line
    Jsonl,
    /// A head with the names of the columns, a user a line; metadata as JSON
    Csv,
}

impl Format {
    /// The one that was asked for, or else what the name of the file says.
    pub fn of(asked_for: Option<Self>, file: Option<&Path>) -> Result<Self> {
        let by_name = file.and_then(Path::extension).and_then(|extension| extension.to_str());
        match (asked_for, by_name) {
            (Some(format), _) => Ok(format),
            (None, Some("csv")) => Ok(Self::Csv),
            (None, Some("jsonl" | "ndjson")) => Ok(Self::Jsonl),
            (None, _) if file.is_none() => Ok(Self::Jsonl),
            _ => Err(Failure::usage("the name of the file ends neither in .jsonl nor in .csv").hint("say --format")),
        }
    }
}
