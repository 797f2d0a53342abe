//! Parsers for the values of arguments.

use gotrue::serde_json::{self, Value};

/// Parses a JSON value.
pub fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("not valid JSON: {error}"))
}

/// Parses a JSON object, such as metadata.
pub fn json_object(text: &str) -> Result<Value, String> {
    match json(text)? {
        value @ Value::Object(_) => Ok(value),
        _ => Err("expected a JSON object such as {\"plan\": \"pro\"}".to_owned()),
    }
}
