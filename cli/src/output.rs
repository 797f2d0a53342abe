//! What is printed: tables for people, JSON for programs. Colour is for terminals; `anstream` sees to that, and to
//! `NO_COLOR`.

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

/// A row of a record: what it is, and its value.
pub type Field = (&'static str, String);

/// Where results go, and in which form.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// One thing: its fields for people, those with nothing in them left out; the whole of it for programs.
    pub fn record(self, value: &impl Serialize, fields: impl IntoIterator<Item = Field>) -> Result<()> {
        if self.json {
            return self.json(value);
        }
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        self.pairs(&fields.map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>())
    }

    /// Names and values for people, one below the other.
    pub fn pairs(self, pairs: &[(String, String)]) -> Result<()> {
        let mut table = plain_table();
        table.add_rows(pairs.iter().map(|(name, value)| [printable(name), printable(value)]));
        table.lines().try_for_each(|line| self.line(unpadded(&line)))
    }

    /// Several things: a table for people, without columns that have nothing in them; one value a line for programs.
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

    /// A value for programs, on one line.
    pub fn json(self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        self.line(text)
    }

    /// A line for people and programs alike.
    #[expect(clippy::unused_self, reason = "whoever prints has an output")]
    pub fn line(self, text: impl AsRef<str>) -> Result<()> {
        Ok(writeln!(anstream::stdout(), "{}", text.as_ref())?)
    }

    /// Something to know, which is not the result. On standard error, and gone when there is nobody to tell.
    #[expect(clippy::unused_self, reason = "whoever prints has an output")]
    pub fn note(self, text: impl AsRef<str>) {
        let _ = writeln!(anstream::stderr(), "{FAINT}{}{FAINT:#}", printable(text.as_ref()));
    }

    /// Something to be wary of.
    #[expect(clippy::unused_self, reason = "whoever prints has an output")]
    pub fn warning(self, text: impl AsRef<str>) {
        let _ = writeln!(anstream::stderr(), "{WARNING}warning:{WARNING:#} {}", printable(text.as_ref()));
    }

    /// The end of it, with what to do next.
    pub fn failure(self, failure: &Failure) -> ExitCode {
        if failure.exit != Exit::ReaderGone {
            // When this fails too, there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "{}", self.words_of(failure));
        }
        ExitCode::from(failure.exit as u8)
    }

    fn words_of(self, failure: &Failure) -> String {
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

/// A line of a table without the outer padding of its cells.
fn unpadded(line: &str) -> &str {
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// Text from outside without what would move the cursor or colour the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Yes, no, or nothing where it is not known.
pub fn yes_no(value: Option<bool>) -> String {
    value.map(|value| if value { "yes" } else { "no" }).unwrap_or_default().to_owned()
}
