//! Output: tables for people, JSON for scripts. `anstream` drops colour where there is no terminal, or `NO_COLOR` is
//! set.

use std::{io::Write, process::ExitCode};

use anstyle::{AnsiColor, Style};
use comfy_table::{Table, presets};
use gotrue::serde_json::{self, json};
use serde::Serialize;

use crate::failure::{Exit, Failure, Result};

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// A row of a record: name and value.
pub type Field = (&'static str, String);

/// Prints results, as tables or as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// Prints one value: its non-empty fields as a table, or all of it as JSON.
    pub fn record(self, value: &impl Serialize, fields: impl IntoIterator<Item = Field>) -> Result<()> {
        if self.json {
            return self.json(value);
        }
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        self.pairs(&fields.map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>())
    }

    /// Prints names and values as a table of two columns.
    pub fn pairs(self, pairs: &[(String, String)]) -> Result<()> {
        let mut table = plain_table();
        table.add_rows(pairs.iter().map(|(name, value)| [printable(name), printable(value)]));
        table.lines().try_for_each(|line| self.line(unpadded(&line)))
    }

    /// Prints several values: a table without its empty columns, or one JSON value per line.
    pub fn list<T: Serialize>(self, header: &[&str], items: &[T], row: impl Fn(&T) -> Vec<String>) -> Result<()> {
        if self.json {
            return items.iter().try_for_each(|item| self.json(item));
        }
        if items.is_empty() {
            self.note("none");
            return Ok(());
        }
        let rows: Vec<_> = items.iter().map(row).collect();
        let is_used = |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()));
        let used: Vec<_> = (0..header.len()).filter(is_used).collect();
        let mut table = plain_table();
        table.set_header(used.iter().map(|column| header[*column]));
        table.add_rows(rows.iter().map(|row| used.iter().map(|column| printable(&row[*column])).collect::<Vec<_>>()));
        let mut lines = table.lines();
        lines.next().map_or(Ok(()), |header| self.line(format!("{BOLD}{}{BOLD:#}", unpadded(&header))))?;
        lines.try_for_each(|line| self.line(unpadded(&line)))
    }

    /// Prints a value as JSON on one line.
    pub fn json(self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        self.line(text)
    }

    /// Prints a line as it is.
    #[expect(clippy::unused_self, reason = "all printing goes through an output")]
    pub fn line(self, text: impl AsRef<str>) -> Result<()> {
        Ok(writeln!(anstream::stdout(), "{}", text.as_ref())?)
    }

    /// Prints a message that is not a result, to standard error.
    #[expect(clippy::unused_self, reason = "all printing goes through an output")]
    pub fn note(self, text: impl AsRef<str>) {
        let _ = writeln!(anstream::stderr(), "{FAINT}{}{FAINT:#}", printable(text.as_ref()));
    }

    /// Prints a warning to standard error.
    #[expect(clippy::unused_self, reason = "all printing goes through an output")]
    pub fn warning(self, text: impl AsRef<str>) {
        let _ = writeln!(anstream::stderr(), "{WARNING}warning:{WARNING:#} {}", printable(text.as_ref()));
    }

    /// Prints a failure with its hint to standard error, and returns its exit code.
    pub fn failure(self, failure: &Failure) -> ExitCode {
        if failure.exit != Exit::PipeClosed {
            // There is no other place to report that this fails.
            let _ = writeln!(anstream::stderr(), "{}", self.failure_text(failure));
        }
        ExitCode::from(failure.exit as u8)
    }

    fn failure_text(self, failure: &Failure) -> String {
        let Failure { message, hint, code, status, exit } = failure;
        if self.json {
            let status = status.map(|status| status.as_u16());
            let error =
                json!({ "message": message, "hint": hint, "code": code, "status": status, "exit": *exit as u8 });
            return json!({ "error": error }).to_string();
        }
        let hint = hint.as_ref().map(|hint| format!("\n{FAINT}hint:{FAINT:#} {}", printable(hint))).unwrap_or_default();
        format!("{ERROR}error:{ERROR:#} {}{hint}", printable(message))
    }
}

/// Strips the outer padding of a table's line.
fn unpadded(line: &str) -> &str {
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// Replaces control characters, so that text from outside cannot move the cursor or colour the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Returns yes, no, or nothing if the value is unknown.
pub fn yes_no(value: Option<bool>) -> String {
    value.map(|value| if value { "yes" } else { "no" }).unwrap_or_default().to_owned()
}
