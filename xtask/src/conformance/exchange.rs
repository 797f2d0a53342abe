//! A recorded exchange: a request and its response.

use std::fmt;

use gotrue_openapi::document::entries;
use serde_json::Value;

pub struct Exchange<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub status: u64,
    request: &'a Value,
    response: &'a Value,
}

impl<'a> Exchange<'a> {
    /// Parses an exchange. Returns `None` for a request without an operation, such as one to an unknown path.
    pub fn of(record: &'a Value) -> Option<Self> {
        if record["operation"] == "unknown" {
            return None;
        }
        let (request, response) = (&record["request"], &record["response"]);
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        let status = response["status"].as_u64().unwrap_or_default();
        Some(Self { method: text(&request["method"]), path: text(&request["path"]), status, request, response })
    }

    /// Returns the names of the query parameters.
    pub fn query(&self) -> impl Iterator<Item = &'a str> {
        entries(&self.request["query"]).map(|(name, _)| name)
    }

    /// Returns the body of the request with its media type, if it is not empty.
    pub fn sent(&self) -> Option<(&'static str, &'a Value)> {
        let form = self.request.get("form").map(|form| ("application/x-www-form-urlencoded", form));
        let json = self.request.get("json").map(|json| ("application/json", json));
        let (media_type, _) = form.or(json)?;
        let (_, body) = json.or(form)?;
        (!is_empty(body)).then_some((media_type, body))
    }

    /// Returns the JSON of the response with its media type.
    pub fn received(&self) -> Option<(&'a str, &'a Value)> {
        let body = self.response.get("json").filter(|json| !json.is_null())?;
        let media_type = self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
        Some((media_type, body))
    }

    /// Returns the names of the headers of the response, in lower case.
    pub fn headers(&self) -> impl Iterator<Item = &'a str> {
        entries(&self.response["headers"]).map(|(name, _)| name)
    }

    /// Returns a header of the response, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.response["headers"].get(name)?.as_str()
    }
}

impl fmt::Display for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.path, self.status)
    }
}

fn is_empty(body: &Value) -> bool {
    match body {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
