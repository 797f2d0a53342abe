//! The error messages of Go's `encoding/json`.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Deserializer, Value};

use crate::wire::{go_quote::quoted, go_scanner};

/// The nesting of values that the server keeps. The real server keeps all that it reads, but these values are copied and
/// dropped on threads whose stack may be small.
const MOST_NESTED_KEPT: usize = 250;

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

/// Parses JSON that is nested as deeply as Go reads it.
pub(crate) fn parse_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    go_scanner::check(json).map_err(|error| error.message)?;
    parse(json).map_err(|error| error.to_string())
}

/// Parses JSON that is nested to any depth. The caller needs a stack that suffices for it.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    let mut deserializer = Deserializer::from_slice(json);
    deserializer.disable_recursion_limit();
    let value = T::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Fails for a value that is nested too deeply to be kept.
pub(super) fn check_kept(value: &Value) -> Result<(), String> {
    if nesting(value) > MOST_NESTED_KEPT {
        return Err("invalid character '[' exceeded max depth".to_owned());
    }
    Ok(())
}

fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(nesting).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Returns the message for a value of another type than expected. `error` is what serde says about it.
pub(crate) fn type_error(value: &Value, field: &str, error: &str) -> String {
    if let (Some(text), true) = (value.as_str(), error.contains("UUID")) {
        return match text.len() {
            32 | 36 => format!("uuid: incorrect UUID format in string {}", quoted(text)),
            length => format!("uuid: incorrect UUID length {length} in string {}", quoted(text)),
        };
    }
    let expected = error.rsplit("expected ").next().unwrap_or_default();
    // In a list, the first element of another type counts.
    let element = value.as_array().and_then(|elements| elements.iter().find(|element| !element.is_string()));
    let is_element = expected == "a string" && !error.starts_with("invalid type: sequence");
    let value = element.filter(|_| is_element).unwrap_or(value);
    let expected = match expected {
        uuid if uuid.contains("UUID") => "uuid.UUID",
        "a string" | "a borrowed string" => "string",
        "a boolean" => "bool",
        "a sequence" => "[]string",
        number if number.starts_with(['i', 'u', 'f']) => "int",
        other => match other.strip_prefix("struct ") {
            Some("SamlAttributeMapping") => "models.SAMLAttributeMapping",
            Some(name) => &format!("api.{}", struct_name(name)),
            None => "map[string]interface {}",
        },
    };
    cannot_unmarshal(value, &format!("struct field {field} of type {expected}"))
}

/// Returns the message for a body that is not an object.
pub(crate) fn body_error(value: &Value, name: &str) -> String {
    cannot_unmarshal(value, &format!("value of type api.{}", struct_name(name)))
}

/// Returns the message for a value that does not fit into a place, which is named as in Go.
pub(crate) fn cannot_unmarshal(value: &Value, place: &str) -> String {
    format!("json: cannot unmarshal {} into Go {place}", kind(value))
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
        "WebAuthnAnswer" => "WebAuthnParams",
        "PasskeyUpdateRequest" => "PasskeyUpdateParams",
        name => name,
    }
}
