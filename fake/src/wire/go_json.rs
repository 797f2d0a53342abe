//! The error messages of Go's `encoding/json`.

use std::borrow::Cow;

use serde_json::Value;

/// The message for a body that ends too early.
pub(crate) const UNEXPECTED_END: &str = "unexpected end of JSON input";

/// Returns the text of a body as Go reads it: what is no UTF-8, and escapes of half a character, become U+FFFD.
pub(crate) fn text_of(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body);
    if !text.contains("\\u") {
        return text;
    }
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let (mut read, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(next) = text[at..].find('\\').map(|found| at + found) {
        read.push_str(&text[at..next]);
        let length = match (unit(next), unit(next + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                read.push('\u{fffd}');
                at = next + 6;
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        at = (next + length..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        read.push_str(&text[next..at]);
    }
    read.push_str(&text[at..]);
    Cow::Owned(read)
}

/// Returns the message for a body that is not JSON.
pub(crate) fn syntax_error(body: &[u8], error: &serde_json::Error) -> String {
    let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let byte = line.get(error.column().saturating_sub(1)).or(line.last());
    let Some(byte) = byte.filter(|_| !error.is_eof()) else {
        return UNEXPECTED_END.to_owned();
    };
    let character = char::from(*byte);
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
        "GenerateRecoveryCodesRequest" => "RecoveryCodesGenerateParams",
        "GenerateLinkRequest" => "GenerateLinkParams",
        "IdTokenGrant" => "IdTokenGrantParams",
        "InviteRequest" => "InviteParams",
        name => name,
    }
}
