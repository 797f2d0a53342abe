//! The error messages of Go's `encoding/json`.

use serde_json::Value;

/// The message for a body that ends too early.
pub(crate) const UNEXPECTED_END: &str = "unexpected end of JSON input";

/// Returns the message for a body that is not JSON.
pub(crate) fn syntax_error(body: &[u8], error: &serde_json::Error) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let character = line.get(error.column().saturating_sub(1)..).and_then(|rest| rest.chars().next());
    let Some(character) = character.filter(|_| !error.is_eof()) else {
        return UNEXPECTED_END.to_owned();
    };
    let message = error.to_string();
    let places = [
        ("trailing characters", "after top-level value"),
        ("key must be a string", "looking for beginning of object key string"),
        ("trailing comma", "looking for beginning of object key string"),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
    ];
    let place = places.iter().find(|(part, _)| message.starts_with(part));
    format!("invalid character '{character}' {}", place.map_or("looking for beginning of value", |(_, place)| place))
}

/// Returns the message for a value of another type than expected. `error` is what serde says about it.
pub(crate) fn type_error(value: &Value, field: &str, error: &str) -> String {
    if let (Some(text), true) = (value.as_str(), error.contains("UUID")) {
        return match text.len() {
            32 | 36 => format!("uuid: incorrect UUID format in string {text:?}"),
            length => format!("uuid: incorrect UUID length {length} in string {text:?}"),
        };
    }
    let expected = error.rsplit("expected ").next().unwrap_or_default();
    let expected = match expected {
        "a string" | "a borrowed string" => "string",
        "a boolean" => "bool",
        "a sequence" => "[]string",
        number if number.starts_with(['i', 'u', 'f']) => "int",
        _ => "map[string]interface {}",
    };
    format!("json: cannot unmarshal {} into Go struct field {field} of type {expected}", kind(value))
}

/// Returns the message for a body that is not an object.
pub(crate) fn body_error(value: &Value, name: &str) -> String {
    format!("json: cannot unmarshal {} into Go value of type api.{}", kind(value), struct_name(name))
}

/// Returns what Go calls the type of a value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns the name that a struct has in the server.
pub(crate) fn struct_name(name: &str) -> &str {
    match name {
        "AdminCreateUserRequest" | "AdminUpdateUserRequest" => "AdminUserParams",
        "AdminDeleteUserRequest" => "adminUserDeleteParams",
        "AdminUpdateFactorRequest" => "adminUserUpdateFactorParams",
        "EnrollFactorRequest" => "EnrollFactorParams",
        "GenerateLinkRequest" => "GenerateLinkParams",
        "IdTokenGrant" => "IdTokenGrantParams",
        "InviteRequest" => "InviteParams",
        name => name,
    }
}
