//! Settings, by the names of the real server's environment variables: each changes a response as it does there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod addresses;
mod callbacks;
mod environment;
mod factors;
mod features;
mod limits;
mod linking;
mod notifications;
mod pages;
mod passwords;
mod providers;
mod proxies;
mod sign_up;
mod tokens;

use gotrue::{
    Secret,
    reqwest::{self, Method},
};
use gotrue_fake::{FakeServer, FakeServerBuilder, ManualClock};
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "15550000001";
const PASSWORD: &str = "correct-horse-7";

/// A server with some settings, and a clock that stands still.
struct World {
    server: FakeServer,
    clock: ManualClock,
}

impl World {
    /// Starts a server on which everything is enabled, but for these settings.
    async fn with(variables: &[(&str, &str)]) -> Self {
        Self::of(FakeServer::builder(), variables).await
    }

    async fn of(builder: FakeServerBuilder, variables: &[(&str, &str)]) -> Self {
        let clock = ManualClock::new();
        let builder = builder.clock(clock.clone()).variables(variables.iter().copied()).unwrap();
        Self { server: builder.start().await, clock }
    }

    /// Sends a request, and returns the status and the body.
    async fn send(&self, method: Method, path: &str, token: &str, body: Value) -> (u16, Value) {
        self.send_as("", method, path, token, body).await
    }

    /// The same for a client at an address.
    async fn send_as(&self, address: &str, method: Method, path: &str, token: &str, body: Value) -> (u16, Value) {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut request = client.request(method, self.server.url() + path).json(&body);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !address.is_empty() {
            request = request.header("x-forwarded-for", address);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let body = response.json().await.unwrap_or_else(|_| json!({ "location": location }));
        (status, body)
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, "", body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, "", json!({})).await.1
    }

    /// Signs up and returns the session.
    async fn sign_up(&self) -> Value {
        let (status, session) = self.post("/signup", json!({ "email": EMAIL, "password": PASSWORD })).await;
        assert_eq!(status, 200, "{session}");
        session
    }

    fn code(&self, address: &str) -> Secret {
        self.server.last_message_to(address).unwrap().code
    }
}

/// Returns the access token of a session.
fn token(session: &Value) -> &str {
    session["access_token"].as_str().unwrap()
}

/// Returns the status and the error code of a response.
fn refusal((status, body): &(u16, Value)) -> (u16, &str) {
    (*status, body["error_code"].as_str().or(body["error"].as_str()).unwrap_or_default())
}

/// Returns the claims of an access token.
fn claims(session: &Value) -> Value {
    part(session, 1)
}

/// Returns a part of an access token: the header or the claims.
fn part(session: &Value, number: usize) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token(session).split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
