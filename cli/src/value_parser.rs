//! Arguments that several commands take.

use gotrue::serde_json::{self, Value};

/// A JSON object, such as metadata.
pub fn json_object(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("is no JSON object such as {\"plan\": \"pro\"}".to_owned()),
        Err(error) => Err(format!("is no JSON: {error}")),
    }
}
