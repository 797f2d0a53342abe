//! What the database of the real server refuses: it neither stores nor looks for a NUL character.

use serde_json::Value;

use crate::{model::ErrorCode, wire::ApiError};

/// Fails for a text that the database refuses.
pub(crate) fn check_text(text: &str, message: &str) -> Result<(), ApiError> {
    if text.contains('\0') { Err(refusal(message)) } else { Ok(()) }
}

/// Fails for a role or audience that the database refuses: they have up to 255 characters.
pub(crate) fn check_name(name: &str, message: &str) -> Result<(), ApiError> {
    check_text(name, message)?;
    if name.chars().count() > 255 { Err(refusal(message)) } else { Ok(()) }
}

/// Fails for JSON that the database refuses.
pub(crate) fn check_json(data: Option<&Value>, message: &str) -> Result<(), ApiError> {
    if data.is_some_and(has_nul) { Err(refusal(message)) } else { Ok(()) }
}

fn refusal(message: &str) -> ApiError {
    ApiError::new(500, ErrorCode::UnexpectedFailure, message)
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(elements) => elements.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}
