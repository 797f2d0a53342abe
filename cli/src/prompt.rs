//! Prompts: on a terminal, questions on standard error; in a script, lines of standard input.

use std::io::{self, IsTerminal};

use gotrue::Secret;
use inquire::{Confirm, InquireError, Password, PasswordDisplayMode, Text};

use crate::{
    failure::{Exit, Failure, Result},
    output::printable,
};

/// Returns whether standard input is a terminal.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a secret, without echoing it.
pub fn secret(what: &str) -> Result<Secret> {
    if !is_interactive() {
        return next_line(what).map(Secret::from);
    }
    let question = format!("{what}:");
    let question = Password::new(&question).without_confirmation().with_display_mode(PasswordDisplayMode::Hidden);
    not_empty(what, question.prompt()?).map(Secret::from)
}

/// Asks for a line of text.
pub fn line(what: &str) -> Result<String> {
    if !is_interactive() {
        return next_line(what);
    }
    not_empty(what, Text::new(&printable(&format!("{what}:"))).prompt()?)
}

/// Asks for confirmation, unless `yes`. Fails if the answer is no.
pub fn confirm(question: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !is_interactive() {
        let message = format!("confirmation required: {question}");
        return Err(Failure::usage(message).hint("pass --yes to skip the confirmation"));
    }
    let is_agreed = Confirm::new(&printable(question)).with_default(false).prompt()?;
    is_agreed.then_some(()).ok_or_else(|| Failure::new(Exit::Refused, "cancelled"))
}

fn next_line(what: &str) -> Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    not_empty(what, line.trim_end_matches(['\r', '\n']).to_owned())
}

fn not_empty(what: &str, answer: String) -> Result<String> {
    if answer.is_empty() {
        return Err(Failure::usage(format!("expected an answer to: {what}"))
            .hint("enter it, or pass it as a line of standard input"));
    }
    Ok(answer)
}

impl From<InquireError> for Failure {
    fn from(error: InquireError) -> Self {
        match error {
            InquireError::OperationCanceled | InquireError::OperationInterrupted => {
                Self::new(Exit::Interrupted, "cancelled")
            }
            InquireError::IO(error) => error.into(),
            error => Self::new(Exit::Refused, error.to_string()),
        }
    }
}
