//! Findings of a check of the document.

use std::fmt;

use crate::pointer;

/// A breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The JSON pointer (RFC 6901) of the place in the document.
    pub pointer: String,
    /// What is wrong, and what is expected.
    pub problem: String,
}

impl Finding {
    /// Reports a problem at a JSON pointer.
    pub fn new(pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), problem: problem.into() }
    }

    /// Returns a readable name of the place, such as `POST /logout` or `User.email`.
    #[must_use]
    pub fn place(&self) -> String {
        pointer::place(&self.pointer)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.problem)
    }
}
