//! Comparison of two responses.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::url::{Url, form_urlencoded};
use serde_json::Value;

/// Headers whose values must be equal, and headers that must be present.
const SAME: [&str; 5] = ["allow", "cache-control", "content-type", "x-sb-error-code", "x-supabase-api-version"];
const THERE: [&str; 5] =
    ["link", "sb-auth-refresh-token-prefix", "sb-auth-session-id", "sb-auth-user-id", "x-total-count"];

/// Members whose values are not generated.
const FIXED: [&str; 23] = [
    "aal",
    "action",
    "alg",
    "amr",
    "client_type",
    "crv",
    "expires_in",
    "factor_type",
    "is_anonymous",
    "kty",
    "log_type",
    "method",
    "provider",
    "provider_type",
    "registration_type",
    "role",
    "scope",
    "status",
    "timeout",
    "token_endpoint_auth_method",
    "token_type",
    "type",
    "verification_type",
];

/// A response of either server.
pub struct Reply {
    pub status: u64,
    pub headers: Value,
    pub json: Option<Value>,
}

/// Returns the differences.
pub fn differences(recorded: &Reply, came: &Reply) -> Vec<String> {
    let mut found = Vec::new();
    if recorded.status != came.status {
        found.push(format!("status {} and not {}", came.status, recorded.status));
    }
    for name in SAME.into_iter().chain(THERE) {
        let (wanted, there) = (recorded.headers[name].as_str(), came.headers[name].as_str());
        let is_alike = if SAME.contains(&name) { wanted == there } else { wanted.is_some() == there.is_some() };
        if !is_alike {
            found.push(format!("header {name}: {there:?} and not {wanted:?}"));
        }
    }
    let places = |reply: &Reply| reply.headers["location"].as_str().map(places);
    if places(recorded) != places(came) {
        found.push(format!("location {:?} and not {:?}", places(came), places(recorded)));
    }
    match (&recorded.json, &came.json) {
        (Some(wanted), Some(there)) => compare(wanted, there, "", &mut found),
        (None, None) => {}
        (wanted, there) => found.push(format!("a body of JSON: {} and not {}", there.is_some(), wanted.is_some())),
    }
    found
}

/// The target of a redirect without the values of its parameters. Providers have different hosts.
fn places(location: &str) -> (String, BTreeSet<String>) {
    let url = Url::parse(location).unwrap();
    let names = |text: &str| form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    let query: BTreeSet<String> = names(url.query().unwrap_or_default());
    let fragment: BTreeSet<String> = names(url.fragment().unwrap_or_default());
    let fragment = fragment.into_iter().map(|name| format!("#{name}"));
    (format!("{}{}", url.origin().ascii_serialization(), url.path()), query.into_iter().chain(fragment).collect())
}

fn compare(wanted: &Value, there: &Value, at: &str, found: &mut Vec<String>) {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => {
            for (name, wanted) in wanted {
                let at = format!("{at}/{name}");
                match there.get(name) {
                    Some(there) => compare(wanted, there, &at, found),
                    None => found.push(format!("{at} is missing")),
                }
            }
            let more = there.keys().filter(|name| !wanted.contains_key(*name));
            found.extend(more.map(|name| format!("{at}/{name} is too much")));
        }
        (Value::Array(wanted), Value::Array(there)) => {
            if wanted.is_empty() != there.is_empty() {
                found.push(format!("{at} has {} elements and not {}", there.len(), wanted.len()));
            }
            for (wanted, there) in wanted.iter().zip(there) {
                compare(wanted, there, at, found);
            }
        }
        (Value::String(wanted), Value::String(there)) if claims(wanted).is_some() && claims(there).is_some() => {
            let (wanted, there) = (claims(wanted).unwrap(), claims(there).unwrap());
            compare(&wanted, &there, &format!("{at}/claims"), found);
        }
        (wanted, there) if kind(wanted) == kind(there) => {
            // Error messages must be equal.
            let is_of_error =
                ["/code", "/error_code", "/message", "/msg", "/error", "/error_description"].contains(&at);
            let name = at.rsplit('/').next().unwrap_or_default();
            if (is_of_error || FIXED.contains(&name)) && wanted != there {
                found.push(format!("{at} is {there} and not {wanted}"));
            }
        }
        (wanted, there) => found.push(format!("{at} is {} and not {}", kind(there), kind(wanted))),
    }
}

/// The claims of a token, without verification.
pub fn claims(token: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}

/// The type of a value. Times are distinguished from other strings.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if gotrue::chrono::DateTime::parse_from_rfc3339(text).is_ok() => "a moment",
        Value::String(text) if gotrue::uuid::Uuid::try_parse(text).is_ok() => "a UUID",
        Value::String(text) if text.is_empty() => "an empty string",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
