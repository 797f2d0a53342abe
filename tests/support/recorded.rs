//! Recorded exchanges, replayed to a client.

use std::{fs, path::Path};

use gotrue::Client;
use serde_json::{Map, Value};
use wiremock::{MockServer, Request, ResponseTemplate};

use super::{client_of, header, last_request, server_that_answers};

/// An exchange with a real server, loaded by the name of its file.
pub struct Recorded {
    pub request: Value,
    pub response: Value,
}

impl Recorded {
    pub fn load(name: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../recorded/{name}.json"));
        let mut json: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        Self { request: json["request"].take(), response: json["response"].take() }
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

    pub fn reply(&self) -> ResponseTemplate {
        let status: u16 = self.response["status"].as_u64().unwrap().try_into().unwrap();
        let content_type = self.response["headers"]["content-type"].as_str().unwrap_or("text/plain");
        match (self.response.get("json"), self.response["text"].as_str()) {
            (Some(json), _) => ResponseTemplate::new(status).set_body_raw(json.to_string(), content_type),
            (None, Some(text)) => ResponseTemplate::new(status).set_body_raw(text, content_type),
            (None, None) => ResponseTemplate::new(status),
        }
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
}

/// The query of a request as an object.
pub fn query(request: &Request) -> Value {
    let pairs = request.url.query_pairs().into_owned();
    Value::Object(pairs.map(|(name, value)| (name, value.into())).collect::<Map<_, _>>())
}

/// The body of a request, JSON or a form, as an object.
pub fn body(request: &Request) -> Value {
    if header(request, "content-type") == Some("application/x-www-form-urlencoded") {
        let pairs = url::form_urlencoded::parse(&request.body).into_owned();
        return Value::Object(pairs.map(|(name, value)| (name, value.into())).collect());
    }
    serde_json::from_slice(&request.body).unwrap_or(Value::Null)
}
