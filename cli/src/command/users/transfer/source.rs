//! A file of users, read row by row.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek},
    iter::Zip,
    ops::RangeFrom,
    path::Path,
    vec,
};

use csv::StringRecord;
use gotrue::serde_json;

use super::{
    format::Format,
    input::open_text,
    layout::Layout,
    row::{COLUMNS, PASSWORD_COLUMNS, Row, TOO_DEEP},
};
use crate::failure::{Failure, Result};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The rows of a file, in order.
pub enum Source {
    JsonLines { file: BufReader<File>, position: u64, line: u64 },
    Csv(Box<CsvSource>),
    Vendor { rows: Zip<vec::IntoIter<Result<Row, String>>, RangeFrom<u64>>, count: u64, size: u64 },
}

/// A row, or what is wrong with it, without its contents.
pub struct ReadRow {
    pub row: Result<Row, String>,
    /// The line of the file on which the row starts, from 1; in an export of another service, the number of the user.
    pub line: u64,
    /// The position after the row, in bytes.
    pub end: u64,
}

impl Source {
    /// Opens a file. Fails if it is not a file of users as a whole: wrong encoding, no header, unknown columns.
    pub fn open(path: &Path, layout: &Layout) -> Result<Self> {
        let format = match layout {
            Layout::Own(format) => format,
            Layout::Vendor { vendor, is_csv } => {
                let rows = vendor.read(path, *is_csv)?;
                let size = fs::metadata(path)?.len();
                return Ok(Self::Vendor { count: rows.len() as u64, rows: rows.into_iter().zip(1..), size });
            }
        };
        let file = open_text(path)?;
        let opened = match format {
            Format::Jsonl => json_lines(file),
            Format::Csv => csv(path, file),
        };
        opened.map_err(|failure| failure.during(path.display()))
    }

    /// Returns the next row, or nothing at the end of the file.
    pub fn read(&mut self) -> Result<Option<ReadRow>> {
        match self {
            Self::JsonLines { file, position, line } => json_line(file, position, line),
            Self::Csv(source) => source.read(),
            Self::Vendor { rows, count, size } => {
                // The position in the file is not known, so it is estimated.
                Ok(rows.next().map(|(row, line)| ReadRow { row, line, end: *size / *count * line }))
            }
        }
    }
}

fn json_lines(mut file: File) -> Result<Source> {
    let position = file.stream_position()?;
    let mut file = BufReader::new(file);
    if file.fill_buf()?.trim_ascii_start().starts_with(b"[") {
        let failure = Failure::usage("expected one JSON object per line, found a JSON array");
        return Err(failure.hint("convert it: jq -c '.[]'"));
    }
    Ok(Source::JsonLines { file, position, line: 0 })
}

fn json_line(file: &mut impl BufRead, position: &mut u64, line: &mut u64) -> Result<Option<ReadRow>> {
    let mut text = Vec::new();
    loop {
        text.clear();
        let size = file.read_until(b'\n', &mut text)?;
        if size == 0 {
            return Ok(None);
        }
        *position += size as u64;
        *line += 1;
        if !text.trim_ascii().is_empty() {
            break;
        }
    }
    let row = serde_json::from_slice(&text).map_err(|error| json_error(&error));
    Ok(Some(ReadRow { row, line: *line, end: *position }))
}

/// The text of an error without the values that serde may quote. The names of unknown fields are kept.
fn json_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split(" at line ").next() {
        Some(reason) if is_safe(reason) => reason.to_owned(),
        Some(TOO_DEEP) => "is more than 127 levels deep".to_owned(),
        _ => format!("cannot be read at column {}", error.column()),
    }
}

fn is_safe(reason: &str) -> bool {
    ["unknown field", "duplicate field", "metadata is", "expected true or false"]
        .iter()
        .any(|start| reason.starts_with(start))
}

fn csv(path: &Path, file: File) -> Result<Source> {
    let delimiter = delimiter(path)?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file);
    let header = reader.headers().map_err(|_| Failure::usage("line 1 is not a header of column names"))?;
    let header = column_names(header)?;
    let raw = BufReader::new(open_text(path)?);
    Ok(Source::Csv(Box::new(CsvSource { reader, header, raw, raw_position: 0, line: 1, last: 0 })))
}

/// Returns the delimiter that occurs most in the first line.
fn delimiter(path: &Path) -> Result<u8> {
    let mut line = Vec::new();
    BufReader::new(open_text(path)?).read_until(b'\n', &mut line)?;
    let count = |delimiter: u8| line.split(|byte| *byte == delimiter).count();
    // The last of several maxima counts, so the comma comes last.
    Ok(DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b','))
}

/// Returns the header with its names in the form of the columns. Fails unless all of them are known.
fn column_names(header: &StringRecord) -> Result<StringRecord> {
    let names: Vec<_> = header.iter().map(|name| name.trim().to_lowercase().replace([' ', '-'], "_")).collect();
    let known: Vec<_> = COLUMNS.iter().chain(&PASSWORD_COLUMNS).copied().collect();
    let is_known = |name: &String| known.contains(&name.as_str());
    let expected = format!("known columns: {}", known.join(", "));
    if !names.iter().any(is_known) {
        // Without a quote: it may be a row with a password.
        return Err(Failure::usage("line 1 is not a header of column names").hint(expected));
    }
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        return Err(Failure::usage(format!("unknown column {unknown:?}")).hint(expected));
    }
    if let Some(twice) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        return Err(Failure::usage(format!("column {} occurs twice", twice.1)));
    }
    Ok(names.into())
}

/// The records of a CSV file.
pub struct CsvSource {
    reader: csv::Reader<File>,
    header: StringRecord,
    /// The same file, to count its lines: the reader skips blank ones, and does not count those that end in `\r`.
    raw: BufReader<File>,
    raw_position: u64,
    /// The line at that position, from 1, and the byte before it.
    line: u64,
    last: u8,
}

impl CsvSource {
    fn read(&mut self) -> Result<Option<ReadRow>> {
        let mut record = StringRecord::new();
        let start = self.reader.position().byte();
        let row = match self.reader.read_record(&mut record) {
            Ok(false) => return Ok(None),
            Ok(true) => record.deserialize(Some(&self.header)),
            Err(error) => Err(error),
        };
        let row = match row {
            Ok(row) => Ok(row),
            Err(error) => Err(csv_error(error.into_kind(), &self.header, &record)?),
        };
        let end = self.reader.position().byte();
        let line = self.line_of_record(start, end)?;
        Ok(Some(ReadRow { row, line, end }))
    }

    /// Returns the line on which the record between these positions starts, behind blank lines.
    fn line_of_record(&mut self, start: u64, end: u64) -> Result<u64> {
        let mut bytes = Vec::new();
        (&mut self.raw).take(end.saturating_sub(self.raw_position)).read_to_end(&mut bytes)?;
        let before = usize::try_from(start.saturating_sub(self.raw_position)).unwrap_or(usize::MAX);
        let (before, record) = bytes.split_at(before.min(bytes.len()));
        let blank = record.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (blank, record) = record.split_at(blank);
        self.raw_position = end;
        self.pass(before);
        self.pass(blank);
        let line = self.line;
        self.pass(record);
        Ok(line)
    }

    /// Counts the lines that end in `\n`, `\r\n` or `\r`.
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.line += u64::from(*byte == b'\r' || *byte == b'\n' && self.last != b'\r');
            self.last = *byte;
        }
    }
}

/// The reason why a row cannot be read. An error of the file as a whole is a failure.
fn csv_error(error: csv::ErrorKind, header: &StringRecord, record: &StringRecord) -> Result<String> {
    match error {
        csv::ErrorKind::Io(error) => Err(error.into()),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Ok(format!("has {len} cells, but the header has {expected_len}"))
        }
        csv::ErrorKind::Deserialize { err, .. } => {
            let column = unreadable_column(header, record).unwrap_or("a column");
            match err.kind() {
                csv::DeserializeErrorKind::Message(reason) if is_safe(reason) => Ok(format!("{column}: {reason}")),
                _ => Ok(format!("{column}: cannot be read")),
            }
        }
        csv::ErrorKind::Utf8 { .. } => Ok("is not valid UTF-8".to_owned()),
        _ => Ok("cannot be read".to_owned()),
    }
}

/// Returns the name of the first column that cannot be read by itself. The reader's error does not always name it.
fn unreadable_column<'a>(header: &'a StringRecord, record: &StringRecord) -> Option<&'a str> {
    let is_unreadable = |name: &str, cell: &str| {
        let (name, cell) = (StringRecord::from(vec![name]), StringRecord::from(vec![cell]));
        cell.deserialize::<Row>(Some(&name)).is_err()
    };
    header.iter().zip(record).find(|(name, cell)| is_unreadable(name, cell)).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(format: Format, contents: &[u8]) -> Result<Vec<ReadRow>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(contents).unwrap();
        let mut source = Source::open(file.path(), &Layout::Own(format))?;
        std::iter::from_fn(|| source.read().transpose()).collect()
    }

    fn rows(format: Format, contents: &[u8]) -> Vec<Row> {
        read(format, contents).unwrap().into_iter().map(|read| read.row.unwrap()).collect()
    }

    /// The lines and reasons of the rows that cannot be read.
    fn reasons(format: Format, contents: &[u8]) -> Vec<(u64, String)> {
        let rows = read(format, contents).unwrap();
        rows.into_iter().filter_map(|read| Some((read.line, read.row.err()?))).collect()
    }

    fn refused(format: Format, contents: &[u8]) -> String {
        read(format, contents).map(|_| ()).unwrap_err().message
    }

    #[test]
    fn csv_headers_in_any_case_and_with_other_delimiters() {
        for file in [
            "Email,Email Confirmed\nada@example.com,TRUE\n",
            "EMAIL;email-confirmed\r\nada@example.com;t\r\n",
            "email\temail_confirmed\nada@example.com\tyes\n",
            "\u{feff}email|email_confirmed\nada@example.com|1\n",
        ] {
            let rows = rows(Format::Csv, file.as_bytes());
            assert_eq!(
                (rows[0].email.as_deref(), rows[0].email_confirmed),
                (Some("ada@example.com"), Some(true)),
                "{file}"
            );
        }
    }

    #[test]
    fn booleans_in_all_forms() {
        let of = |cell: &str| {
            rows(Format::Csv, format!("email,email_confirmed\na@example.com,{cell}\n").as_bytes())[0].email_confirmed
        };
        for (cells, value) in [("true TRUE True t T yes Y 1", Some(true)), ("false FALSE f F no n 0", Some(false))] {
            for cell in cells.split(' ') {
                assert_eq!(of(cell), value, "{cell}");
            }
        }
        assert_eq!(of(""), None);
        for (text, value) in
            [("true", Some(true)), ("false", Some(false)), ("null", None), ("\"f\"", Some(false)), ("1", Some(true))]
        {
            let line = format!("{{\"phone\": \"15550000001\", \"phone_confirmed\": {text}}}");
            assert_eq!(rows(Format::Jsonl, line.as_bytes())[0].phone_confirmed, value, "{text}");
        }
        assert_eq!(
            reasons(Format::Csv, b"email,email_confirmed\na@example.com,maybe\n"),
            [(2, "email_confirmed: expected true or false".to_owned())]
        );
    }

    #[test]
    fn a_file_that_is_wrong_as_a_whole_is_refused_before_any_row() {
        let utf16: Vec<u8> = "email\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(refused(Format::Csv, &utf16).contains("UTF-16"));
        assert!(refused(Format::Jsonl, &[b"\xff\xfe".as_slice(), &utf16].concat()).contains("UTF-16"));
        let no_header = refused(Format::Csv, b"ada@example.com,planted-password\ngrace@example.com,x\n");
        assert!(no_header.contains("line 1 is not a header") && !no_header.contains("planted"), "{no_header}");
        assert!(refused(Format::Csv, b"email,pasword\n").contains("unknown column \"pasword\""));
        assert!(refused(Format::Csv, b"email,Email\n").contains("occurs twice"));
        assert!(refused(Format::Csv, b"").contains("not a header"));
        assert!(refused(Format::Jsonl, b" [{}]").contains("JSON array"));
    }

    #[test]
    fn lines_are_counted_with_any_line_break_and_in_quoted_cells() {
        for line_break in ["\n", "\r\n", "\r"] {
            let lines = ["email", "a@example.com", "", "\"b@", "example.com\"", "c@example.com"];
            let found = read(Format::Csv, lines.join(line_break).as_bytes()).unwrap();
            assert_eq!(found.iter().map(|read| read.line).collect::<Vec<_>>(), [2, 4, 6], "{line_break:?}");
        }
    }

    #[test]
    fn json_that_is_too_deep_is_named() {
        let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        let jsonl = format!("{{\"user_metadata\":{}}}\n{{\"user_metadata\":{}}}\n", deep(126), deep(127));
        assert_eq!(reasons(Format::Jsonl, jsonl.as_bytes()), [(2, "is more than 127 levels deep".to_owned())]);
        let cell = |levels| format!("\"{}\"\n", deep(levels).replace('"', "\"\""));
        let csv = format!("user_metadata\n{}{}", cell(127), cell(128));
        let reason = "user_metadata: metadata is more than 127 levels deep".to_owned();
        assert_eq!(reasons(Format::Csv, csv.as_bytes()), [(3, reason)]);
    }

    #[test]
    fn reasons_name_the_line_and_the_column_without_the_value() {
        let csv = b"email,user_metadata,banned_until\n\na@example.com,planted,\nb@example.com,\"{\"\"a\"\":\n1}\",\nc@example.com,,planted\nd@example.com\n";
        let expected = [
            (3, "user_metadata: metadata is not valid JSON"),
            (6, "banned_until: cannot be read"),
            (7, "has 1 cells, but the header has 3"),
        ];
        assert_eq!(reasons(Format::Csv, csv), expected.map(|(line, reason)| (line, reason.to_owned())));
        let json = b"\xef\xbb\xbf{\"email\": \"a@example.com\"}\n\n{\"emial\": \"planted\"}\n{\"id\": \"planted\"}\n{\"user_metadata\": 7}\n{";
        let found = reasons(Format::Jsonl, json);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert!(found[0].1.starts_with("unknown field `emial`"), "{}", found[0].1);
        assert_eq!(found[1].1, "cannot be read at column 16");
        assert_eq!(found[2].1, "metadata is not a JSON object");
        assert!(found.iter().all(|(_, reason)| !reason.contains("planted")));
    }
}
