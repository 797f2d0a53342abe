//! The recorder: calls operations of the document and keeps the exchanges.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use gotrue_openapi::document::{self, Operation};
use reqwest::{Client, Method, redirect};
use serde_json::{Map, Value, json};

use crate::{
    Result,
    exchange::{Exchange, headers},
    redaction::Redaction,
};

/// How long a response may take.
const TIME_OUT: Duration = Duration::from_secs(30);

/// The server that is recorded.
pub struct Server {
    pub url: String,
    pub api_key: Option<String>,
    pub service_key: String,
}

pub struct Recorder<'d> {
    http: Client,
    server: Server,
    operations: Vec<Operation<'d>>,
    redaction: Redaction,
    exchanges: Vec<Exchange>,
    /// Distinguishes the users of this run.
    pub run: String,
}

/// A request of an operation, and the name of its exchange.
pub struct Call<'c> {
    pub operation: &'c str,
    pub name: &'c str,
    /// The values of the parameters in the path, in order.
    path: Vec<String>,
    query: Vec<(String, String)>,
    json: Option<Value>,
    form: Option<Value>,
    bearer: Option<String>,
}

/// The parts of a response that later requests need.
pub struct Response {
    pub status: u16,
    pub json: Value,
    pub location: String,
}

impl Response {
    /// Returns the text at a JSON pointer. If it is missing, the text is empty: the server refuses the next request, and
    /// that is recorded.
    pub fn text(&self, pointer: &str) -> String {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Returns a parameter of the URL that the response redirects to.
    pub fn parameter(&self, name: &str) -> String {
        let url = url::Url::parse(&self.location).ok();
        let value = url.as_ref().and_then(|url| url.query_pairs().find(|(found, _)| found == name));
        value.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

pub fn call<'c>(operation: &'c str, name: &'c str) -> Call<'c> {
    Call { operation, name, path: Vec::new(), query: Vec::new(), json: None, form: None, bearer: None }
}

impl Call<'_> {
    pub fn path(mut self, value: impl Into<String>) -> Self {
        self.path.push(value.into());
        self
    }

    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    pub fn json(mut self, body: Value) -> Self {
        self.json = Some(body);
        self
    }

    /// Sends an object with text members as a form.
    pub fn form(mut self, body: Value) -> Self {
        self.form = Some(body);
        self
    }

    pub fn bearer(mut self, token: impl Into<String>) -> Self {
        self.bearer = Some(token.into());
        self
    }
}

impl<'d> Recorder<'d> {
    pub fn new(document: &'d Value, server: Server) -> Result<Self> {
        let mut redaction = Redaction::new(document);
        redaction.add(&server.service_key);
        let http = Client::builder().redirect(redirect::Policy::none()).timeout(TIME_OUT).build()?;
        let run = format!("{:x}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis());
        let operations = document::operations(document).collect();
        Ok(Self { http, server, operations, redaction, exchanges: Vec::new(), run })
    }

    pub fn service_key(&self) -> String {
        self.server.service_key.clone()
    }

    /// Returns the operations without an exchange.
    pub fn missing(&self) -> Vec<Operation<'d>> {
        let recorded: BTreeSet<_> = self.exchanges.iter().map(|exchange| exchange.operation.as_str()).collect();
        let is_missing = |operation: &&Operation<'_>| operation.id().is_none_or(|id| !recorded.contains(id));
        self.operations.iter().filter(is_missing).copied().collect()
    }

    /// Sends a request and keeps the exchange.
    pub async fn send(&mut self, call: Call<'_>) -> Result<Response> {
        let (exchange, response) = self.exchange(&call).await?;
        self.exchanges.push(exchange);
        Ok(response)
    }

    /// Sends a request.
    pub async fn exchange(&mut self, call: &Call<'_>) -> Result<(Exchange, Response)> {
        let operation = self.operations.iter().find(|operation| operation.id() == Some(call.operation));
        let operation = operation.ok_or_else(|| format!("the document has no operation {}", call.operation))?;
        let path = filled(operation.path, &call.path);
        let method = Method::from_bytes(operation.method.to_uppercase().as_bytes())?;
        let mut sent = Map::from_iter([("X-Supabase-Api-Version".to_owned(), json!("2024-01-01"))]);
        if let Some(token) = &call.bearer {
            self.redaction.add(token);
            sent.insert("Authorization".to_owned(), json!(format!("Bearer {token}")));
        }
        let url = format!("{}{path}", self.server.url.trim_end_matches('/'));
        let mut http = self.http.request(method.clone(), url).query(&call.query);
        for (name, value) in &sent {
            http = http.header(name, value.as_str().unwrap_or_default());
        }
        if let Some(api_key) = &self.server.api_key {
            http = http.header("apikey", api_key);
        }
        let query: Map<_, _> = call.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let mut request = json!({ "method": method.as_str(), "path": path, "query": query, "headers": sent });
        if let Some(body) = &call.json {
            http = http.json(body);
            request["json"] = body.clone();
        } else if let Some(body) = &call.form {
            http = http.form(body);
            request["form"] = body.clone();
        }
        let response = http.send().await.map_err(|error| format!("{}: {error}", call.operation))?;
        let status = response.status().as_u16();
        let headers = headers(response.headers().iter().filter_map(|(n, v)| Some((n.as_str(), v.to_str().ok()?))));
        let location = headers["location"].as_str().unwrap_or_default().to_owned();
        let text = response.text().await?;
        let is_json = headers["content-type"].as_str().is_some_and(|content_type| content_type.contains("json"));
        let json: Option<Value> = if is_json { serde_json::from_str(&text).ok() } else { None };
        let mut recorded = json!({ "status": status, "headers": headers });
        match &json {
            Some(json) => recorded["json"] = json.clone(),
            None => recorded["text"] = json!(text),
        }
        self.find_secrets(&request, &recorded);
        let (operation, name) = (call.operation.to_owned(), call.name.to_owned());
        let exchange = Exchange { operation, name, request, response: recorded };
        Ok((exchange, Response { status, json: json.unwrap_or_default(), location }))
    }

    fn find_secrets(&mut self, request: &Value, response: &Value) {
        for part in ["query", "json", "form"] {
            self.redaction.find(&request[part]);
        }
        self.redaction.find(&response["headers"]);
        // The `code` of an error, which a redirect may contain too, is not a secret.
        if response["status"].as_u64().is_some_and(|status| status < 300) {
            self.redaction.find(&response["json"]);
        }
    }

    /// Writes the exchanges, and returns what was recorded in one line.
    pub fn write(&self, directory: &Path) -> Result<String> {
        let mut successful = BTreeSet::new();
        for (number, exchange) in (1..).zip(&self.exchanges) {
            let mut json = exchange.to_json();
            for side in ["request", "response"] {
                self.redaction.replace(&mut json[side]);
            }
            let file = directory.join(format!("{number:03}-{}-{}.json", exchange.operation, exchange.name));
            fs::write(&file, format!("{json:#}\n")).map_err(|error| format!("{}: {error}", file.display()))?;
            if exchange.status() < 400 {
                successful.insert(exchange.operation.as_str());
            }
        }
        let all = self.operations.len();
        let refused: Vec<_> = self.operations.iter().filter_map(Operation::id).collect();
        let refused: Vec<_> = refused.into_iter().filter(|id| !successful.contains(id)).collect();
        let end = if refused.is_empty() { String::new() } else { format!("; only refused: {}", refused.join(", ")) };
        Ok(format!("{} exchanges, {} of {all} operations with a success{end}", self.exchanges.len(), successful.len()))
    }
}

/// Returns a path with values in the place of its parameters.
fn filled(template: &str, values: &[String]) -> String {
    let mut values = values.iter();
    let segments = template.split('/').map(|segment| {
        if segment.starts_with('{') { values.next().map_or("missing", String::as_str) } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}
