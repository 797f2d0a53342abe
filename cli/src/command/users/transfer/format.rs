//! The format of a file of users.

use std::path::Path;

use clap::ValueEnum;

use crate::failure::{Failure, Result};

/// The format of a file of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object per line
    Jsonl,
    /// Comma-separated values, with the column names in the first line
    Csv,
}

impl Format {
    /// Returns the requested format, or else that of the file name. Without a file it is JSON lines.
    pub fn of(requested: Option<Self>, file: Option<&Path>) -> Result<Self> {
        let extension = file.and_then(Path::extension).and_then(|extension| extension.to_str()).map(str::to_lowercase);
        match (requested, extension.as_deref()) {
            (Some(format), _) => Ok(format),
            (None, Some("csv")) => Ok(Self::Csv),
            (None, Some("jsonl" | "ndjson")) => Ok(Self::Jsonl),
            (None, _) if file.is_none() => Ok(Self::Jsonl),
            _ => Err(Failure::usage("expected a file name that ends in .jsonl or .csv").hint("pass --format")),
        }
    }
}
