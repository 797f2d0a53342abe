//! Comparison of JSON values by their meaning.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// Compares two values. Null equals absent, and two notations of one time are equal.
///
/// # Errors
///
/// Returns the path of the first difference.
pub fn same(one: &Value, other: &Value) -> Result<(), String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            for name in a.keys().chain(b.keys()) {
                same(a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null))
                    .map_err(|place| format!(".{name}{place}"))?;
            }
            Ok(())
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                same(a, b).map_err(|place| format!("[{index}]{place}"))?;
            }
            Ok(())
        }
        (Value::String(a), Value::String(b)) if a == b || same_moment(a, b) => Ok(()),
        // A request without fields may have an empty object or no body.
        (Value::Object(fields), Value::Null) | (Value::Null, Value::Object(fields))
            if fields.values().all(Value::is_null) =>
        {
            Ok(())
        }
        (a, b) if a == b => Ok(()),
        _ => Err(String::new()),
    }
}

fn same_moment(one: &str, other: &str) -> bool {
    let moment = |text: &str| text.parse::<DateTime<Utc>>();
    matches!((moment(one), moment(other)), (Ok(a), Ok(b)) if a == b)
}

#[test]
fn a_difference_is_found() {
    use serde_json::json;
    let one = json!({ "a": [{ "b": 1 }], "at": "2026-01-01T00:00:00.10Z", "n": null });
    assert_eq!(same(&one, &json!({ "a": [{ "b": 1 }], "at": "2026-01-01T00:00:00.1Z" })), Ok(()));
    assert_eq!(same(&one, &json!({ "a": [{ "b": 2 }], "at": "2026-01-01T00:00:00.1Z" })), Err(".a[0].b".to_owned()));
    assert_eq!(same(&one, &json!({ "a": [{}], "at": "2026-01-01T00:00:00.1Z" })), Err(".a[0].b".to_owned()));
    assert_eq!(same(&one, &json!({ "a": [], "at": "2026-01-01T00:00:00.1Z" })), Err(".a".to_owned()));
    assert_eq!(same(&one, &json!({ "a": [{ "b": 1 }], "at": "2026-01-01T00:00:00.2Z" })), Err(".at".to_owned()));
}
