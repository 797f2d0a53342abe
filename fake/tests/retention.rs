//! What the server forgets, so that its memory stays bounded.

use gotrue::{
    Password, SignUp,
    reqwest::{self, Method},
};
use gotrue_fake::FakeServer;
use serde_json::json;

#[tokio::test]
async fn the_newest_requests_and_sessions_are_kept() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let first = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let raw = reqwest::Client::new();
    let body = json!({ "email": "ada@example.com", "password": "correct-horse-7" });
    for _ in 0..1_100 {
        let request = raw.request(Method::POST, server.url() + "/token?grant_type=password").json(&body);
        assert!(request.send().await.unwrap().status().is_success());
    }
    assert_eq!((server.requests().len(), server.count("token")), (1_000, 1_101));
    assert_eq!(client.refresh(first.refresh_token()).await.unwrap_err().code().unwrap(), "refresh_token_not_found");
    let last = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    assert!(client.refresh(last.refresh_token()).await.is_ok());
}
