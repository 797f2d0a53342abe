//! The control side of a server, over HTTP.

use std::net::{Ipv4Addr, SocketAddr};

use gotrue::{
    Client, Password, SignUp, VerifyOtp,
    reqwest::{self, Method},
    user::EnrollTotp,
};
use gotrue_fake::FakeServer;
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";

async fn start() -> (FakeServer, Client) {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = FakeServer::builder().confirm_addresses(true).control(any).start().await;
    let client = server.client_builder().retries(0).build().unwrap();
    (server, client)
}

async fn send(server: &FakeServer, method: Method, path: &str, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new().request(method, server.control_url().unwrap().to_owned() + path);
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

async fn get(server: &FakeServer, path: &str) -> Value {
    send(server, Method::GET, path, Value::Null).await.1
}

async fn sign_up(client: &Client) {
    client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn messages_are_listed_and_confirm_an_address() {
    let (server, client) = start().await;
    sign_up(&client).await;
    client.sign_up(SignUp::phone("15550000001", PASSWORD)).await.unwrap();
    let all = get(&server, "/messages").await;
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
    assert_eq!((&all["messages"][0]["to"], &all["messages"][0]["link"]), (&json!("15550000001"), &Value::Null));
    let mine = get(&server, "/messages?to=ada@example.com").await;
    let message = &mine["messages"][0];
    assert_eq!((&message["type"], mine["messages"].as_array().unwrap().len()), (&json!("signup"), 1));
    client.verify_otp(VerifyOtp::email(EMAIL, message["code"].as_str().unwrap())).await.unwrap();
}

#[tokio::test]
async fn emails_are_found_as_with_mailpit() {
    let (server, client) = start().await;
    sign_up(&client).await;
    client.sign_up(SignUp::email("bob@example.com", PASSWORD)).await.unwrap();
    client.sign_up(SignUp::phone("15550000001", PASSWORD)).await.unwrap();
    let list = get(&server, "/api/v1/messages?limit=1").await;
    assert_eq!((&list["total"], &list["count"], &list["messages_count"]), (&json!(2), &json!(1), &json!(2)));
    assert_eq!(list["messages"][0]["To"][0]["Address"], "bob@example.com");
    let found = get(&server, "/api/v1/search?query=to:%22ada@example.com%22").await;
    assert_eq!(
        (&found["messages_count"], &found["messages"][0]["Subject"]),
        (&json!(1), &json!("Confirm your email address"))
    );
    let path = format!("/api/v1/message/{}", found["messages"][0]["ID"].as_str().unwrap());
    let whole = get(&server, &path).await;
    let sent = server.last_message_to(EMAIL).unwrap();
    assert!(whole["Text"].as_str().unwrap().contains(sent.link.as_ref().unwrap().expose()), "{whole}");
    assert!(whole["Text"].as_str().unwrap().contains(sent.code.expose()));
    assert!(whole["HTML"].as_str().unwrap().contains("<a href=\"http://127.0.0.1:"));
    assert_eq!(get(&server, "/api/v1/message/latest").await["To"][0]["Address"], "bob@example.com");
    assert_eq!(send(&server, Method::DELETE, "/api/v1/messages", Value::Null).await.0, 200);
    assert_eq!(get(&server, "/api/v1/messages").await["total"], 0);
    assert_eq!(send(&server, Method::GET, "/api/v1/message/latest", Value::Null).await.0, 404);
}

#[tokio::test]
async fn the_page_shows_messages_and_codes_and_escapes_them() {
    let (server, client) = start().await;
    let body = json!({ "email": "o'neil@example.com", "password": PASSWORD });
    let target = server.url() + "/signup?redirect_to=http://x/%22%3E%3Cscript%3E";
    let status = reqwest::Client::new().post(target).json(&body).send().await.unwrap().status();
    assert!(status.is_success());
    sign_up(&client).await;
    let sent = server.last_message_to(EMAIL).unwrap();
    let session = client.verify_otp(VerifyOtp::email(EMAIL, sent.code.clone())).await.unwrap().session().unwrap();
    let app = client
        .user(session.access_token())
        .mfa()
        .enroll_totp(EnrollTotp::new().friendly_name("my phone"))
        .await
        .unwrap();
    let response = reqwest::get(server.control_url().unwrap()).await.unwrap();
    assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let page = response.text().await.unwrap();
    let link = sent.link.unwrap().expose().replace('&', "&amp;");
    for part in [link.as_str(), sent.code.expose(), server.totp_code(&app.secret).unwrap().expose(), "my phone"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("<script>") && page.contains("o&#39;neil@example.com"), "{page}");
}

#[tokio::test]
async fn the_clock_is_advanced_set_and_returned() {
    let (server, client) = start().await;
    let ahead = send(&server, Method::POST, "/clock", json!({ "advance": "1h30m" })).await.1;
    assert_eq!(ahead["ahead_seconds"], 5400);
    sign_up(&client).await;
    let sent = server.last_message_to(EMAIL).unwrap();
    send(&server, Method::POST, "/clock", json!({ "advance": "2h" })).await;
    assert!(client.verify_otp(VerifyOtp::email(EMAIL, sent.code)).await.is_err(), "the code has expired");
    let changed = send(&server, Method::POST, "/clock", json!({ "now": "2030-01-01T00:00:00Z" })).await.1;
    assert!(changed["now"].as_str().unwrap().starts_with("2030-01-01T00:00:0"), "{changed}");
    assert_eq!(send(&server, Method::POST, "/clock", Value::Null).await.1["ahead_seconds"], 0);
    for bad in [json!({ "advance": "soon" }), json!({ "now": "9999-01-01T00:00:00Z" })] {
        assert_eq!(send(&server, Method::POST, "/clock", bad).await.0, 400);
    }
}

#[tokio::test]
async fn faults_are_added_and_removed() {
    let (server, client) = start().await;
    let fault = json!({ "kind": "error", "status": 429, "code": "over_request_rate_limit", "operation": "health",
                        "times": 2, "retry_after": "7" });
    assert_eq!(send(&server, Method::POST, "/faults", fault.clone()).await.0, 204);
    assert!(client.settings().await.is_ok());
    let error = client.health().await.unwrap_err();
    assert_eq!((error.code().unwrap().as_str(), error.status().unwrap().as_u16()), ("over_request_rate_limit", 429));
    send(&server, Method::DELETE, "/faults", Value::Null).await;
    assert!(client.health().await.is_ok());
    for (bad, why) in [
        (json!({ "kind": "flood" }), "unknown kind of fault: flood"),
        (json!({ "kind": "error" }), "expected a status"),
        (json!({ "kind": "reset", "operation": "heath" }), "unknown operation: heath"),
    ] {
        let (status, answer) = send(&server, Method::POST, "/faults", bad).await;
        assert_eq!((status, &answer["error"]), (400, &json!(why)));
    }
}

#[tokio::test]
async fn requests_are_listed_without_secrets() {
    let (server, client) = start().await;
    let _ = client.sign_in(Password::email(EMAIL, "secret-horse-1")).await;
    let list = get(&server, "/requests").await;
    assert_eq!(list["requests"][0]["operation"], "token");
    assert!(!list.to_string().contains("secret-horse-1"));
}

#[tokio::test]
async fn a_snapshot_and_a_reset_return_to_a_state() {
    let (server, client) = start().await;
    sign_up(&client).await;
    let code = server.last_message_to(EMAIL).unwrap().code;
    let session = client.verify_otp(VerifyOtp::email(EMAIL, code)).await.unwrap().session().unwrap();
    let snapshot = get(&server, "/snapshot").await;

    assert_eq!(send(&server, Method::POST, "/reset", Value::Null).await.0, 204);
    assert!(client.user(session.access_token()).get().await.is_err());
    assert!(server.messages_to(EMAIL).is_empty());

    assert_eq!(send(&server, Method::PUT, "/snapshot", snapshot).await.0, 204);
    assert_eq!(client.user(session.access_token()).get().await.unwrap().id, session.user().id);
    let refreshed = client.refresh(session.refresh_token()).await.unwrap();
    assert_ne!(refreshed.refresh_token(), session.refresh_token());
    client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    client.sign_up(SignUp::email("bob@example.com", PASSWORD)).await.unwrap();
    let users = client.admin(server.service_key()).users().list().get().await.unwrap();
    assert_eq!(users.items.len(), 2);
    assert_ne!(users.items[0].id, users.items[1].id, "no id is issued twice");
    assert_eq!(send(&server, Method::PUT, "/snapshot", json!({ "version": 9 })).await.0, 400);
}

#[tokio::test]
async fn another_site_controls_nothing() {
    let (server, _) = start().await;
    let url = server.control_url().unwrap().to_owned();
    let client = reqwest::Client::new();
    for (name, value) in [("origin", "https://evil.example.com"), ("origin", "null"), ("host", "evil.example.com")] {
        let refused = client.post(format!("{url}/reset")).header(name, value).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{name}: {value}");
    }
    let rebound = client.get(format!("{url}/messages")).header("host", "evil.example.com").send().await.unwrap();
    assert_eq!(rebound.status(), 403);
    let own = client.post(format!("{url}/reset")).header("origin", &url).send().await.unwrap();
    assert_eq!(own.status(), 204);
}
