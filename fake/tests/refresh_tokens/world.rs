//! A server, a clock, and plain HTTP.

use std::{collections::BTreeMap, time::Duration};

use gotrue::{Secret, reqwest};
use gotrue_fake::{FakeServer, FakeServerBuilder, ManualClock};
use serde_json::{Value, json};

/// The reuse interval of the servers here.
pub const INTERVAL: u64 = 10;

pub struct World {
    pub server: FakeServer,
    clock: ManualClock,
    http: reqwest::Client,
}

/// A response, with the headers that tell of a session.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

impl World {
    pub async fn start(settings: impl FnOnce(FakeServerBuilder) -> FakeServerBuilder) -> Self {
        let clock = ManualClock::new();
        let builder = FakeServer::builder().clock(clock.clone()).reuse_interval(Duration::from_secs(INTERVAL));
        Self { server: settings(builder).start().await, clock, http: reqwest::Client::new() }
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn send(&self, method: reqwest::Method, path: &str, token: Option<&str>, body: Value) -> Response {
        let mut request = self.http.request(method, self.server.url() + path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.json(&body).send().await.unwrap();
        let told = response.headers().iter().filter(|(name, _)| name.as_str().contains("sb-"));
        let headers = told.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        Response { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Response {
        self.send(reqwest::Method::POST, path, token, body).await
    }

    /// Signs a new user up, who is signed in at once.
    pub async fn sign_up(&self) -> Response {
        let body = json!({ "email": "ada@example.com", "password": "correct-horse-7" });
        self.post("/signup", None, body).await.expect_session()
    }

    /// Signs the same user in again.
    pub async fn sign_in(&self) -> Response {
        let body = json!({ "email": "ada@example.com", "password": "correct-horse-7" });
        self.post("/token?grant_type=password", None, body).await.expect_session()
    }

    pub async fn refresh(&self, token: &str) -> Response {
        self.post("/token?grant_type=refresh_token", None, json!({ "refresh_token": token })).await
    }

    /// The status and code of a call with an access token.
    pub async fn get_user(&self, access_token: &str) -> (u16, Value) {
        let response = self.send(reqwest::Method::GET, "/user", Some(access_token), Value::Null).await;
        (response.status, response.body["error_code"].clone())
    }

    /// Enrolls a TOTP factor and verifies it; returns its id and the response.
    pub async fn verify_factor(&self, access_token: &str) -> (String, Response) {
        let factor = self.post("/factors", Some(access_token), json!({ "factor_type": "totp" })).await.body;
        let id = factor["id"].as_str().unwrap().to_owned();
        let challenge = self.post(&format!("/factors/{id}/challenge"), Some(access_token), json!({})).await.body;
        let secret = Secret::from(factor["totp"]["secret"].as_str().unwrap());
        let code = self.server.totp_code(&secret).unwrap();
        let body = json!({ "challenge_id": challenge["id"], "code": code });
        let response = self.post(&format!("/factors/{id}/verify"), Some(access_token), body).await;
        (id, response.expect_session())
    }
}

impl Response {
    pub fn expect_session(self) -> Self {
        assert_eq!(self.status, 200, "{:?}", self.body);
        self
    }

    pub fn access_token(&self) -> &str {
        self.body["access_token"].as_str().unwrap()
    }

    pub fn refresh_token(&self) -> &str {
        self.body["refresh_token"].as_str().unwrap()
    }

    /// A header by the end of its name.
    pub fn header(&self, end: &str) -> Option<&str> {
        self.headers.get(&format!("sb-auth-{end}")).map(String::as_str)
    }

    /// The headers `-counter`, `-prefix`, `-reuse`, `-reuse-cause` and `-rotated`.
    pub fn token_headers(&self) -> [Option<&str>; 5] {
        ["counter", "prefix", "reuse", "reuse-cause", "rotated"]
            .map(|name| self.headers.get(&format!("sb-auth-refresh-token-{name}")).map(String::as_str))
    }

    /// The status, code and message of an error.
    pub fn error(&self) -> (u16, &str, &str) {
        let text = |name: &str| self.body[name].as_str().unwrap_or_default();
        (self.status, text("error_code"), text("msg"))
    }

    /// A claim of the access token.
    pub fn claim(&self, name: &str) -> Value {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let payload = self.access_token().split('.').nth(1).unwrap();
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()[name].clone()
    }
}

pub const ALREADY_USED: (u16, &str, &str) = (400, "refresh_token_already_used", "Invalid Refresh Token: Already Used");
pub const NOT_FOUND: (u16, &str, &str) =
    (400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found");
