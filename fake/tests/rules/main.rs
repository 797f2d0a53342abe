//! Rules of the real server that a client's own tests rarely meet.

mod accounts;
mod administration;
mod codes;
mod providers;
mod requests;

use gotrue::{
    Client, Secret, SignUp,
    reqwest::{self, Method, StatusCode},
};
use gotrue_fake::FakeServer;
use serde_json::Value;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";

/// Sends a request with this header `Authorization`, and returns the status and the body.
async fn send(server: &FakeServer, method: Method, path: &str, token: &str, body: &str) -> (StatusCode, Value) {
    let request = reqwest::Client::new().request(method, server.url() + path).header("authorization", token);
    let response = request.body(body.to_owned()).send().await.unwrap();
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

/// Sends a JSON body without credentials.
async fn post(server: &FakeServer, path: &str, body: Value) -> (StatusCode, Value) {
    send(server, Method::POST, path, "", &body.to_string()).await
}

/// Sends a JSON body with the service key.
async fn as_admin(server: &FakeServer, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let key = format!("Bearer {}", server.service_key().expose());
    send(server, method, path, &key, &body.to_string()).await
}

async fn sign_up(server: &FakeServer) -> (Client, Secret) {
    let client = server.client().unwrap();
    let session = client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().unwrap();
    (client, session.access_token().clone())
}

/// Opens a URL and returns the target of its redirect.
async fn open(url: &str) -> reqwest::Url {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = http.get(url).send().await.unwrap();
    let location = response.headers().get("location").unwrap_or_else(|| panic!("{}", response.status()));
    reqwest::Url::parse(location.to_str().unwrap()).unwrap()
}
