//! Questions. On a terminal they are asked on standard error; in a script the answers are lines of standard input.

use std::io::{self, IsTerminal, Write};

use gotrue::Secret;

use crate::failure::{Exit, Failure, Result};

/// Whether there is somebody to ask.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// A secret, which is not shown while it is typed.
pub fn secret(what: &str) -> Result<Secret> {
    if is_interactive() {
        return Ok(rpassword::prompt_password(format!("{what}: "))?.into());
    }
    next_line(what).map(Secret::from)
}

/// A line of text.
pub fn line(what: &str) -> Result<String> {
    if is_interactive() {
        write!(io::stderr(), "{what}: ")?;
    }
    next_line(what)
}

/// Goes on only when somebody says yes.
pub fn confirm(question: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !is_interactive() {
        let message = format!("there is nobody to ask: {question}");
        return Err(Failure::usage(message).hint("add --yes in scripts"));
    }
    write!(io::stderr(), "{question} [y/N] ")?;
    match next_line("an answer")?.to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Refused, "nothing was done")),
    }
}

fn next_line(what: &str) -> Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(
            Failure::usage(format!("{what} is missing")).hint("type it, or give it as a line of standard input")
        );
    }
    Ok(line.to_owned())
}
