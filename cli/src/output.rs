//! Output: tables for people, JSON for scripts. `anstream` drops colour where there is no terminal, or `NO_COLOR` is
//! set.

use std::{env, fmt::Write as _, io::Write, process::ExitCode};

use anstyle::{AnsiColor, Style};
use comfy_table::{Table, presets};
use gotrue::serde_json::{self, json};
use serde::Serialize;
use terminal_size::{Width, terminal_size_of};
use unicode_width::UnicodeWidthStr;

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
        table.add_rows(pairs.iter().map(|(name, value)| [cell(name), cell(value)]));
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
        table.add_rows(rows.iter().map(|row| used.iter().map(|column| cell(&row[*column])).collect::<Vec<_>>()));
        let lines: Vec<_> = table.lines().map(|line| unpadded(&line).to_owned()).collect();
        if terminal_width().is_some_and(|width| lines.iter().any(|line| line.width() > width)) {
            let names: Vec<_> = used.iter().map(|column| header[*column]).collect();
            let cells = rows.iter().map(|row| used.iter().map(|column| row[*column].clone()).collect::<Vec<_>>());
            return self.blocks(&names, cells);
        }
        let (header, rows) = lines.split_first().map_or((None, &[][..]), |(header, rows)| (Some(header), rows));
        header.map_or(Ok(()), |header| self.line(format!("{BOLD}{header}{BOLD:#}")))?;
        rows.iter().try_for_each(|line| self.line(line))
    }

    /// Prints rows that are too wide for the terminal as blocks, one line per cell, rather than break words.
    fn blocks(self, names: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<()> {
        for (index, row) in rows.enumerate() {
            if index > 0 {
                self.line("")?;
            }
            let filled = names.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            self.pairs(&filled.map(|(name, cell)| ((*name).to_owned(), cell)).collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Prints a value as JSON on one line.
    pub fn json(self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        self.line(escaped(&text))
    }

    /// Prints a line as it is.
    #[expect(clippy::unused_self, reason = "all printing goes through an output")]
    pub fn line(self, text: impl AsRef<str>) -> Result<()> {
        Ok(writeln!(anstream::stdout(), "{}", text.as_ref())?)
    }

    /// Prints a message that is not a result, to standard error.
    pub fn note(self, text: impl AsRef<str>) {
        self.message("note", text.as_ref(), |text| format!("{FAINT}{text}{FAINT:#}"));
    }

    /// Prints a warning to standard error.
    pub fn warning(self, text: impl AsRef<str>) {
        self.message("warning", text.as_ref(), |text| format!("{WARNING}warning:{WARNING:#} {text}"));
    }

    /// Prints a line of `--debug` to standard error.
    pub fn debug(self, text: impl AsRef<str>) {
        self.message("debug", text.as_ref(), |text| format!("debug: {text}"));
    }

    /// Prints a line to standard error, for people or as a JSON object with this member.
    fn message(self, kind: &str, text: &str, for_people: impl Fn(String) -> String) {
        let line = if self.json {
            escaped(&json!({ kind: { "message": text } }).to_string())
        } else {
            for_people(printable(text))
        };
        // There is no other place to report that this fails.
        let _ = writeln!(anstream::stderr(), "{line}");
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
        let Failure { exit, message, hint, request } = failure;
        if self.json {
            let status = request.status.map(|status| status.as_u16());
            let error = json!({
                "message": message, "hint": hint, "code": request.code, "status": status, "request_id": request.id,
                "url": request.url, "exit": *exit as u8,
            });
            return escaped(&json!({ "error": error }).to_string());
        }
        let hint = hint.as_ref().map(|hint| format!("\n{FAINT}hint:{FAINT:#} {}", printable(hint))).unwrap_or_default();
        let details = [request.url.clone(), request.id.as_ref().map(|id| format!("request {id}"))];
        let details: Vec<_> = details.into_iter().flatten().collect();
        let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
        format!("{ERROR}error:{ERROR:#} {}{hint}", printable(&format!("{message}{details}")))
    }
}

/// Strips the outer padding of a table's line.
fn unpadded(line: &str) -> &str {
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

/// The width of the terminal: `COLUMNS`, or that of standard output. Unknown if standard output is not a terminal.
fn terminal_width() -> Option<usize> {
    let variable = env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|width| *width > 0);
    let terminal = || terminal_size_of(std::io::stdout()).map(|(Width(width), _)| width.into());
    variable.or_else(terminal)
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// Replaces control characters, so that text from outside cannot move the cursor, colour the terminal or reorder text.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The same for a cell of a table, which must not break its line either.
fn cell(text: &str) -> String {
    printable(text).replace(['\n', '\t'], " ")
}

/// Escapes control characters in JSON text. They only occur in its strings.
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unsafe(c) {
            // All of them are in the basic plane.
            // Writing to a string cannot fail.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

/// Control characters except line breaks and tabs, and the characters that control the direction of text.
fn is_unsafe(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\n' | '\t');
    let is_bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_control || is_bidi || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns a count with its noun: `1 user`, `2 users`.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Returns yes, no, or nothing if the value is unknown.
pub fn yes_no(value: Option<bool>) -> String {
    value.map(|value| if value { "yes" } else { "no" }).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_count() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "user")), ["0 users", "1 user", "2 users"]);
    }

    #[test]
    fn control_characters_are_replaced_or_escaped() {
        for unsafe_char in ['\u{1b}', '\u{7f}', '\u{9b}', '\r', '\u{202e}', '\u{2066}', '\u{2028}', '\u{0}'] {
            let text = format!("a{unsafe_char}b");
            assert_eq!(printable(&text), "a\u{fffd}b");
            assert_eq!(escaped(&text), format!("a\\u{:04x}b", u32::from(unsafe_char)));
        }
        assert_eq!(printable("a\nb\té 👩\u{200d}🚀"), "a\nb\té 👩\u{200d}🚀");
        assert_eq!(cell("a\nb"), "a b");
    }
}
