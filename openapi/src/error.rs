//! Failures on the way from the document to the code.

use std::{error, fmt, io};

use crate::finding::Finding;

/// A failure to read the document or to generate code from it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The document is not valid JSON.
    Json(serde_json::Error),
    /// The document breaks its rules.
    Rules(Vec<Finding>),
    /// The generator rejects the document.
    Generator(Box<dyn error::Error + Send + Sync>),
    /// The generated code cannot be written.
    Write(io::Error),
}

impl fmt::Display for Error {
    /// Writes one line for each problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "not valid JSON: {error}"),
            Self::Rules(findings) => {
                let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Generator(error) => write!(f, "the generator rejects the document: {error}"),
            Self::Write(error) => write!(f, "cannot write the generated code: {error}"),
        }
    }
}

// The text of an error includes its cause, since a build script prints nothing else.
impl error::Error for Error {}
