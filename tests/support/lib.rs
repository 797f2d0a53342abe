//! Code that several test programs share.

pub mod auto_clock;
pub mod browser;
pub mod chromium;
pub mod exchange;
pub mod log_buffer;
pub mod mail;
pub mod planted;
pub mod same;
pub mod scripted;
pub mod signer;
pub mod stores;

/// A browser with a software authenticator.
pub use gotrue_test_authenticator as authenticator;

use gotrue::{Client, Session};
use serde_json::{Map, Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

pub const ACCESS_TOKEN: &str = "access-token-of-ada";
pub const API_KEY: &str = "anon-key";
pub const SERVICE_KEY: &str = "service-key";

/// A server that returns the same response to every request.
pub async fn server_that_answers(reply: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(reply).mount(&server).await;
    server
}

/// A client of the server, which does not retry.
pub fn client_of(server: &MockServer) -> Client {
    Client::builder().base_url(server.uri()).api_key(API_KEY).retries(0).build().unwrap()
}

/// The last request that the server received.
pub async fn last_request(server: &MockServer) -> Request {
    server.received_requests().await.unwrap().pop().expect("no request was received")
}

pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
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

/// A user as the current server returns it.
pub fn user() -> Value {
    json!({
        "id": "4c7ff6f3-c42b-4426-a6b0-bd65e88e3896",
        "aud": "authenticated",
        "role": "authenticated",
        "email": "ada@example.com",
        "email_confirmed_at": "2026-11-24T00:25:33.901117301Z",
        "phone": "",
        "last_sign_in_at": "2026-11-24T00:25:33.908132259Z",
        "app_metadata": { "provider": "email", "providers": ["email"] },
        "user_metadata": { "favorite_language": "rust" },
        "identities": [{
            "identity_id": "87590eab-bee6-496a-a91d-4499fd452d46",
            "id": "4c7ff6f3-c42b-4426-a6b0-bd65e88e3896",
            "user_id": "4c7ff6f3-c42b-4426-a6b0-bd65e88e3896",
            "identity_data": { "email": "ada@example.com" },
            "provider": "email",
            "created_at": "2026-11-24T00:25:33.898953Z",
            "updated_at": "2026-11-24T00:25:33.898953Z",
        }],
        "created_at": "2026-11-24T00:25:33.894722Z",
        "updated_at": "2026-11-24T00:25:33.910989Z",
        "is_anonymous": false,
    })
}

/// A session as the current server returns it.
pub fn session() -> Value {
    json!({
        "access_token": ACCESS_TOKEN,
        "token_type": "bearer",
        "expires_in": 3600,
        "expires_at": 1_795_483_533,
        "refresh_token": "f5pr2ljsaq5q",
        "user": user(),
    })
}

/// Signs in to a server that returns this session.
pub async fn session_from(reply: Value) -> gotrue::Result<Session> {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(reply)).await;
    client_of(&server).sign_in(gotrue::Password::email("ada@example.com", "correct-horse-7")).await
}
