//! Metadata that is nested too deeply to be exported.

use gotrue::serde_json::{self, Value};
use serde::de::IgnoredAny;

use super::row::Row;

/// The levels of metadata that the client reads. It replaces what is more than 100 levels deep in a response by its JSON
/// text, and in a list of users, three levels are outside the metadata.
pub const MAX_LEVELS: usize = 97;

/// Returns the column whose metadata the client did not read in full.
pub fn too_deep_column(row: &Row) -> Option<&'static str> {
    let columns = [("user_metadata", &row.user_metadata), ("app_metadata", &row.app_metadata)];
    let is_too_deep = |metadata: &Option<Value>| metadata.as_ref().is_some_and(|value| has_replaced(value, 0));
    columns.into_iter().find(|(_, metadata)| is_too_deep(metadata)).map(|(name, _)| name)
}

/// Returns whether a value in this many levels contains a text that replaces JSON. A text that a user stored exactly
/// there looks the same.
fn has_replaced(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has_replaced(item, levels + 1)),
        Value::Object(fields) => fields.values().any(|field| has_replaced(field, levels + 1)),
        Value::String(text) => {
            levels == MAX_LEVELS && text.starts_with(['[', '{']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
        }
        _ => false,
    }
}
