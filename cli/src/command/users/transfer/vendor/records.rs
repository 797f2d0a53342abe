//! The records of an export, in JSON or CSV.

use std::{io::BufReader, path::Path};

use gotrue::serde_json::{self, Deserializer, Map, Value};

use super::super::input::open_text;
use crate::failure::{Failure, Result};

/// Members of a document that contain its users.
const LISTS: [&str; 2] = ["users", "Users"];

/// Reads all records of a file. JSON may be an array, an object that contains one, or several of either, such as one
/// object per line.
pub fn read(path: &Path, is_csv: bool) -> Result<Vec<Map<String, Value>>> {
    let file = BufReader::new(open_text(path)?);
    let records = if is_csv { csv(file) } else { json(file) };
    records.map_err(|failure| failure.during(path.display()))
}

fn json(file: impl std::io::Read) -> Result<Vec<Map<String, Value>>> {
    let mut records = Vec::new();
    for document in Deserializer::from_reader(file).into_iter::<Value>() {
        let document = document.map_err(|error| not_json(&error))?;
        match document {
            Value::Array(items) => records.extend(items.into_iter().map(object).collect::<Result<Vec<_>>>()?),
            Value::Object(mut document) => match LISTS.iter().find_map(|name| document.remove(*name)) {
                Some(Value::Array(items)) => records.extend(items.into_iter().map(object).collect::<Result<Vec<_>>>()?),
                _ => records.push(document),
            },
            _ => return Err(not_users()),
        }
    }
    Ok(records)
}

fn object(value: Value) -> Result<Map<String, Value>> {
    match value {
        Value::Object(record) => Ok(record),
        _ => Err(not_users()),
    }
}

fn not_users() -> Failure {
    Failure::usage("expected users as JSON objects")
}

/// Without the error's text, which may quote a value.
fn not_json(error: &serde_json::Error) -> Failure {
    if error.is_io() {
        return Failure::new(crate::failure::Exit::Refused, error.to_string());
    }
    Failure::usage(format!("not valid JSON at line {}, column {}", error.line(), error.column()))
        .hint("for CSV, pass --format csv")
}

/// A record of texts. Empty cells are left out.
fn csv(file: impl std::io::Read) -> Result<Vec<Map<String, Value>>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let not_csv = |_| Failure::usage("not valid CSV");
    let header = reader.headers().map_err(not_csv)?.clone();
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(not_csv)?;
        let cells = header.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        records.push(cells.map(|(name, cell)| (name.trim().to_owned(), Value::from(cell))).collect());
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_all_forms() {
        for text in [
            r#"[{"a": 1}, {"a": 2}]"#,
            "{\"a\": 1}\n\n{\"a\": 2}\n",
            r#"{"realm": "x", "users": [{"a": 1}, {"a": 2}]}"#,
            r#"{"Users": [{"a": 1}]} {"Users": [{"a": 2}]}"#,
        ] {
            let records = json(text.as_bytes()).unwrap();
            assert_eq!(records.iter().map(|record| &record["a"]).collect::<Vec<_>>(), [1, 2], "{text}");
        }
        for (text, message) in [("[1]", "JSON objects"), ("7", "JSON objects"), ("{\"planted\"", "line 1, column 10")] {
            let failure = json(text.as_bytes()).unwrap_err();
            assert!(failure.message.contains(message) && !failure.message.contains("planted"), "{failure:?}");
        }
    }

    #[test]
    fn csv_cells_are_members() {
        let records = csv("id,email\n1,ada@example.com\n2,\n".as_bytes()).unwrap();
        assert_eq!(records[0]["email"], "ada@example.com");
        assert!(!records[1].contains_key("email"));
    }
}
