//! A recorded exchange: one request, one reply.

use std::fmt;

use gotrue_openapi::document::entries;
use serde_json::Value;

pub struct Exchange<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub status: u64,
    request: &'a Value,
    reply: &'a Value,
}

impl<'a> Exchange<'a> {
    /// The exchange of a record. None when it was with no operation, as of a path that no server has.
    pub fn of(record: &'a Value) -> Option<Self> {
        if record["operation"] == "unknown" {
            return None;
        }
        let (request, reply) = (&record["request"], &record["response"]);
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        let status = reply["status"].as_u64().unwrap_or_default();
        Some(Self { method: text(&request["method"]), path: text(&request["path"]), status, request, reply })
    }

    /// The names of the query parameters that were sent.
    pub fn query(&self) -> impl Iterator<Item = &'a str> {
        entries(&self.request["query"]).map(|(name, _)| name)
    }

    /// The body that was sent, with its media type. An empty one is none.
    pub fn sent(&self) -> Option<(&'static str, &'a Value)> {
        let form = self.request.get("form").map(|form| ("application/x-www-form-urlencoded", form));
        let json = self.request.get("json").map(|json| ("application/json", json));
        let (media_type, _) = form.or(json)?;
        let (_, body) = json.or(form)?;
        (!is_empty(body)).then_some((media_type, body))
    }

    /// The JSON that came back, with its media type.
    pub fn received(&self) -> Option<(&'a str, &'a Value)> {
        let body = self.reply.get("json").filter(|json| !json.is_null())?;
        let media_type = self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
        Some((media_type, body))
    }

    /// A header of the reply, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.reply["headers"].get(name)?.as_str()
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
