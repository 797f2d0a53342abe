//! Recorded exchanges with a real server, as fixtures and replayed to a client.

use std::{fs, path::Path};

use gotrue::{
    Client, Error, ErrorCode,
    raw::{OPERATIONS, Operation},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use wiremock::{MockServer, Request, ResponseTemplate};

use super::{body, client_of, header, last_request, query, same::same, server_that_answers};

pub struct Exchange {
    pub name: String,
    pub request: Value,
    pub response: Value,
}

impl Exchange {
    /// Reads an exchange with a current server by the name of its file, without the extension.
    pub fn load(name: &str) -> Self {
        Self::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../recorded/{name}.json")))
    }

    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let mut json: Value = serde_json::from_str(&text).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        Self { name, request: json["request"].take(), response: json["response"].take() }
    }

    /// A request whose response does not matter.
    pub fn unanswered(method: &str, path: &str, body: Value) -> Self {
        let mut request = json!({ "method": method, "path": path, "query": {} });
        if !body.is_null() {
            request["json"] = body;
        }
        Self { name: format!("{method} {path}"), request, response: Value::Null }
    }

    /// The operation of the request: of all that match its path, the one with the fewest parameters.
    pub fn operation(&self) -> Option<&'static Operation> {
        let method = self.request["method"].as_str().unwrap();
        let fits = |operation: &&Operation| operation.method == method && self.fits(operation.path);
        OPERATIONS.iter().filter(fits).min_by_key(|operation| operation.path.matches('{').count())
    }

    fn fits(&self, template: &str) -> bool {
        let (wanted, there): (Vec<_>, Vec<_>) = (template.split('/').collect(), self.segments().collect());
        wanted.len() == there.len() && wanted.iter().zip(there).all(|(w, t)| w.starts_with('{') || *w == t)
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.request["path"].as_str().unwrap().trim_end_matches('/').split('/')
    }

    pub fn status(&self) -> u16 {
        self.response["status"].as_u64().unwrap().try_into().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.response["headers"][name].as_str()
    }

    /// The path segment at an index.
    pub fn path(&self, place: usize) -> &str {
        self.segments().nth(place).unwrap()
    }

    /// The path segment at an index, parsed. Returns `None` if it is invalid.
    pub fn path_as<T: std::str::FromStr>(&self, place: usize) -> Option<T> {
        self.path(place).parse().ok()
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.request["query"][name].as_str()
    }

    /// A query parameter, parsed. Returns `None` if it is missing or invalid.
    pub fn query_as<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.query(name)?.parse().ok()
    }

    /// An optional query parameter. Returns `None` if it is present but invalid.
    pub fn optional<T: std::str::FromStr>(&self, name: &str) -> Option<Option<T>> {
        self.query(name).map_or(Some(None), |text| text.parse().ok().map(Some))
    }

    /// The body of the request, JSON or a form.
    pub fn sent(&self) -> &Value {
        self.request.get("json").or(self.request.get("form")).unwrap_or(&Value::Null)
    }

    /// The JSON of the response.
    pub fn came(&self) -> &Value {
        &self.response["json"]
    }

    /// The access token of the request.
    pub fn access_token(&self) -> &str {
        self.request["headers"]["Authorization"].as_str().unwrap().strip_prefix("Bearer ").unwrap()
    }

    /// The request body as the type of the operation. Returns `None` if it is invalid.
    pub fn body<T: DeserializeOwned>(&self) -> Option<T> {
        let sent = self.sent();
        let sent = if sent.is_null() { Value::Object(Map::new()) } else { sent.clone() };
        serde_json::from_value(sent).ok()
    }

    pub fn reply(&self) -> ResponseTemplate {
        let mut reply = ResponseTemplate::new(self.status());
        let content_type = self.header("content-type").unwrap_or("text/plain");
        if let Some(json) = self.response.get("json") {
            reply = reply.set_body_raw(json.to_string(), content_type);
        } else if let Some(text) = self.response["text"].as_str() {
            reply = reply.set_body_raw(text, content_type);
        }
        for (name, value) in self.response["headers"].as_object().unwrap() {
            if name != "content-type" {
                reply = reply.insert_header(name.as_str(), value.as_str().unwrap());
            }
        }
        reply
    }

    /// A server that returns the response to every request, and a client of it.
    pub async fn play(&self) -> (MockServer, Client) {
        let server = server_that_answers(self.reply()).await;
        let client = client_of(&server);
        (server, client)
    }

    /// Asserts that the last request equals the recorded one: operation, query, body, and access token if there is one.
    pub async fn assert_repeated(&self, server: &MockServer) {
        let request = last_request(server).await;
        assert_eq!(request.method.as_str(), self.request["method"]);
        assert_eq!(request.url.path(), self.request["path"]);
        assert_eq!(query(&request), self.request["query"]);
        assert_eq!(body(&request), *self.sent());
        if let Some(authorization) = self.request["headers"]["Authorization"].as_str() {
            assert_eq!(header(&request, "authorization"), Some(authorization));
        }
    }

    pub fn assert_nothing_lost(&self, decoded: &Value) {
        let text = self.response.get("text").filter(|text| *text != "");
        let recorded = self.response.get("json").or(text).unwrap_or(&Value::Null);
        if let Err(place) = same(recorded, decoded) {
            panic!("{}: {place} is lost:\n{recorded:#}\n{decoded:#}", self.name);
        }
    }

    /// Asserts that the typed request equals the recorded one.
    pub fn assert_sent_as_recorded(&self, request: &Request) {
        let recorded_path = self.request["path"].as_str().unwrap();
        assert_eq!(request.url.path(), recorded_path.trim_end_matches('/'), "{}", self.name);
        assert_eq!(query(request), self.request["query"], "{}", self.name);
        let (recorded, sent) = (self.sent(), body(request));
        if let Err(place) = same(recorded, &sent) {
            panic!("{}: {place} of the request differs:\n{recorded:#}\n{sent:#}", self.name);
        }
    }

    pub fn assert_error(&self, error: &Error) {
        let body = &self.response["json"];
        let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
        let code = self.header("x-sb-error-code").or(text("error_code")).or(text("code")).or(text("error"));
        assert_eq!(error.status().map(|status| status.as_u16()), Some(self.status()), "{}", self.name);
        assert_eq!(error.code().map(ErrorCode::as_str), code, "{}", self.name);
        let Error::Api(api) = error else { panic!("{}: {error:?}", self.name) };
        let message = text("message").or(text("msg")).or(text("error_description")).or(text("error"));
        match message {
            Some(message) if api.message().contains("[redacted]") => assert!(!message.is_empty()),
            Some(message) => assert_eq!(api.message(), message, "{}", self.name),
            None => assert!(!api.message().is_empty(), "{}", self.name),
        }
        assert_eq!(error.request_id(), text("error_id"), "{}", self.name);
        let reasons = body["weak_password"]["reasons"].as_array().map_or(0, Vec::len);
        assert_eq!(error.weak_password_reasons().len(), reasons, "{}", self.name);
    }
}
