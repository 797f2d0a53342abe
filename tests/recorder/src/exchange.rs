//! A recorded exchange.

use serde_json::{Map, Value, json};

/// A request with its response, as they are written.
pub struct Exchange {
    pub operation: String,
    pub name: String,
    pub request: Value,
    pub response: Value,
}

impl Exchange {
    pub fn status(&self) -> u64 {
        self.response["status"].as_u64().unwrap_or_default()
    }

    pub fn to_json(&self) -> Value {
        json!({
            "operation": self.operation,
            "name": self.name,
            "server": "recorded",
            "request": self.request,
            "response": self.response,
        })
    }
}

/// Headers that belong to the connection, to a proxy or to CORS rather than to the API.
const SKIPPED: &[&str] = &[
    "alt-svc",
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
    "x-request-id",
];

/// The same, by how they start.
const SKIPPED_PREFIXES: &[&str] = &["access-control-", "cf-", "sb-gateway-", "x-envoy-", "x-kong-"];

/// Returns the headers that are recorded.
pub fn headers<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> Value {
    let of_api = |name: &str| !SKIPPED.contains(&name) && !SKIPPED_PREFIXES.iter().any(|start| name.starts_with(start));
    let headers = headers.filter(|(name, _)| of_api(name));
    Value::Object(headers.map(|(name, value)| (name.to_owned(), value.into())).collect::<Map<_, _>>())
}
