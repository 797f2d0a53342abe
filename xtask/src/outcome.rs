//! The outcome of a command.

use std::process::ExitCode;

/// The outcome of a command that could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Fine,
    Findings,
}

impl Outcome {
    pub fn fine_if(fine: bool) -> Self {
        if fine { Self::Fine } else { Self::Findings }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(u8::from(outcome == Outcome::Findings))
    }
}

/// The reason that a command could not run.
pub type Failure = Box<dyn std::error::Error>;

pub type Result<T> = std::result::Result<T, Failure>;
