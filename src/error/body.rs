//! The body of an error response from the server, a gateway, a proxy or a function platform.

use serde_json::{Map, Value};

use crate::{nesting, types::WeakPasswordReason};

/// The members that may contain the message. Names are compared without case, hyphens and underscores.
const MESSAGES: [&str; 10] = [
    "message",
    "msg",
    "errordescription",
    "errormessage",
    "detail",
    "details",
    "faultstring",
    "title",
    "reason",
    "error",
];

/// The members that may contain the code. OAuth codes are in `error`.
const CODES: [&str; 3] = ["errorcode", "code", "error"];

/// How deep a code or message may be nested, as in `{"errors": [{"error": {"message": "…"}}]}`.
const MAX_DEPTH: usize = 5;

/// The parts of an error body. Each part is read on its own, so that an unexpected value in one does not lose the
/// others.
#[derive(Debug, Default)]
pub(super) struct ErrorBody {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) weak_password_reasons: Vec<WeakPasswordReason>,
    pub(super) id: Option<String>,
}

impl ErrorBody {
    pub(super) fn read(body: &[u8]) -> Self {
        let json = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let Ok(value) = serde_json::from_slice::<Value>(&nesting::bounded(json)) else {
            return Self::default();
        };
        Self {
            code: first(&[&value], &CODES, code, MAX_DEPTH),
            // The whole body may be the message.
            message: first(&[&value], &MESSAGES, message, MAX_DEPTH).or_else(|| value.as_str().and_then(not_blank)),
            hint: first(&[&value], &["hint"], message, MAX_DEPTH),
            weak_password_reasons: reasons(&value["weak_password"]["reasons"]),
            id: first(&[&value], &["errorid"], message, 1),
        }
    }
}

/// Returns the first member with one of the names that can be read. Outer objects take precedence over inner ones, then
/// earlier names over later ones.
fn first(level: &[&Value], names: &[&str], read: fn(&Value) -> Option<String>, depth: usize) -> Option<String> {
    if level.is_empty() || depth == 0 {
        return None;
    }
    let objects = || level.iter().filter_map(|value| value.as_object());
    let found = objects().find_map(|object| names.iter().find_map(|name| members(object, name).find_map(read)));
    found.or_else(|| {
        let in_objects = objects().flat_map(Map::values);
        let in_arrays = level.iter().filter_map(|value| value.as_array()).flatten();
        let inner: Vec<&Value> =
            in_objects.chain(in_arrays).filter(|value| value.is_object() || value.is_array()).collect();
        first(&inner, names, read, depth - 1)
    })
}

/// Returns the members with this name, whatever the case: `Message`, `error-code`, `errorCode`.
fn members<'a>(object: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    let is_named = move |key: &str| {
        let mut letters = key.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase());
        name.chars().all(|c| letters.next() == Some(c)) && letters.next().is_none()
    };
    object.iter().filter(move |(key, _)| is_named(key)).map(|(_, value)| value)
}

/// Reads a message, or a list of messages.
fn message(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => not_blank(text),
        Value::Array(parts) => {
            let parts: Vec<String> = parts.iter().filter_map(|part| part.as_str().and_then(not_blank)).collect();
            not_blank(&parts.join("; "))
        }
        _ => None,
    }
}

/// Reads a code. A three-digit number, even as a string, is the status and not a code.
fn code(value: &Value) -> Option<String> {
    let is_status = |text: &String| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    value.as_str().and_then(not_blank).filter(|text| !is_status(text))
}

fn not_blank(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn reasons(value: &Value) -> Vec<WeakPasswordReason> {
    let listed = value.as_array().into_iter().flatten();
    let reasons = listed.chain([value]).filter_map(Value::as_str);
    reasons.filter(|reason| !reason.is_empty()).map(WeakPasswordReason::from).collect()
}
