//! Parsers for the values of arguments.

use gotrue::serde_json::{self, Value};

/// Parses a JSON object, such as metadata.
pub fn json_object(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("expected a JSON object such as {\"plan\": \"pro\"}".to_owned()),
        Err(error) => Err(format!("not valid JSON: {error}")),
    }
}
