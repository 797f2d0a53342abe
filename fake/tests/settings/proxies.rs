//! What a proxy in front of the server adds: hosts, paths, addresses of clients, and ids of requests.

use gotrue::reqwest::{self, Method};
use serde_json::{Value, json};

use crate::{World, refusal};

/// Sends a request with headers.
async fn send(world: &World, path: &str, headers: &[(&str, &str)], body: Value) -> (u16, Value) {
    let mut request = reqwest::Client::new().post(world.server.url() + path).json(&body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn links_have_the_host_that_a_proxy_names() {
    let settings =
        [("GOTRUE_MAILER_EXTERNAL_HOSTS", "a.example.com,localhost"), ("API_EXTERNAL_URL", "https://auth.example.com")];
    let world = World::with(&settings).await;
    let key = format!("Bearer {}", world.server.service_key().expose());
    for (kind, headers, expected) in [
        ("a known host", &[("x-forwarded-host", "a.example.com")][..], "https://a.example.com/verify?"),
        (
            "a known host, unencrypted",
            &[("x-forwarded-host", "a.example.com"), ("x-forwarded-proto", "http")],
            "https://a.example.com/verify?",
        ),
        ("this machine", &[("x-forwarded-host", "localhost")], "https://localhost/verify?"),
        (
            "this machine, unencrypted",
            &[("x-forwarded-host", "localhost"), ("x-forwarded-proto", "http")],
            "http://localhost/verify?",
        ),
        ("another host", &[("x-forwarded-host", "b.example.com")], "https://auth.example.com/verify?"),
        ("no host", &[], "https://auth.example.com/verify?"),
    ] {
        let headers = [headers, &[("authorization", key.as_str())]].concat();
        let body = json!({ "type": "magiclink", "email": "ada@example.com" });
        let (_, made) = send(&world, "/admin/generate_link", &headers, body).await;
        let link = made["action_link"].as_str().unwrap();
        assert!(link.starts_with(expected), "{kind}: {link}");
    }
}

#[tokio::test]
async fn the_path_of_a_link_replaces_that_of_the_server() {
    for (kind, path, expected) in [
        ("the default", "", "https://auth.example.com/verify?token="),
        ("a path", "/confirm", "https://auth.example.com/confirm?token="),
        ("a relative path", "confirm", "https://auth.example.com/auth/confirm?token="),
        ("a whole URL", "https://app.example.com/auth/v1/verify", "https://app.example.com/auth/v1/verify?token="),
        ("a URL with a query", "https://app.example.com/?page=1", "https://app.example.com/?token="),
    ] {
        let settings =
            [("API_EXTERNAL_URL", "https://auth.example.com/auth/v1"), ("GOTRUE_MAILER_URLPATHS_RECOVERY", path)];
        let world = World::with(&settings).await;
        world.sign_up().await;
        world.post("/recover", json!({ "email": "ada@example.com" })).await;
        let link = world.server.last_message_to("ada@example.com").unwrap().link.unwrap();
        assert!(link.expose().starts_with(expected), "{kind}: {}", link.expose());
    }
}

#[tokio::test]
async fn sb_forwarded_for_names_the_client() {
    let rate = ("GOTRUE_RATE_LIMIT_ANONYMOUS_USERS", "1");
    let world = World::with(&[rate, ("GOTRUE_SECURITY_SB_FORWARDED_FOR_ENABLED", "true")]).await;
    for (kind, value, is_limited) in [
        ("the first call", "192.0.2.1", false),
        ("the same client behind proxies", "192.0.2.1, 192.0.2.9", true),
        ("the same client as an IPv6 address", "::ffff:192.0.2.1", true),
        ("another client", "192.0.2.2", false),
        ("no address", "somewhere", false),
        ("no address again", "somewhere", false),
    ] {
        let response = send(&world, "/signup", &[("sb-forwarded-for", value)], json!({})).await;
        assert_eq!(response.0 == 429, is_limited, "{kind}: {}", response.1);
    }
    let off = World::with(&[rate]).await;
    for _ in 0..3 {
        assert_eq!(send(&off, "/signup", &[("sb-forwarded-for", "192.0.2.1")], json!({})).await.0, 200);
    }
}

#[tokio::test]
async fn errors_have_the_id_that_a_proxy_gave_the_request() {
    let world = World::with(&[("GOTRUE_API_REQUEST_ID_HEADER", "X-Request-Id")]).await;
    let body = json!({ "email": "a\0@example.com", "password": "correct-horse-7" });
    for (kind, headers, expected) in
        [("an id", &[("x-request-id", "request-1")][..], json!("request-1")), ("no id", &[], Value::Null)]
    {
        let failed = send(&world, "/token?grant_type=password", headers, body.clone()).await;
        assert_eq!(refusal(&failed), (500, "unexpected_failure"));
        assert_eq!(failed.1["error_id"], expected, "{kind}");
    }
}

#[tokio::test]
async fn only_users_and_known_grants_are_limited() {
    let settings = [
        ("GOTRUE_RATE_LIMIT_HEADER", "X-Forwarded-For"),
        ("GOTRUE_RATE_LIMIT_OTP", "1"),
        ("GOTRUE_RATE_LIMIT_TOKEN_REFRESH", "1"),
    ];
    let world = World::with(&settings).await;
    let token = world.sign_up().await["access_token"].as_str().unwrap().to_owned();
    for (kind, method, path, token, is_limited) in [
        ("a user", Method::PUT, "/user", token.as_str(), true),
        ("nobody", Method::PUT, "/user", "", false),
        ("a known grant", Method::POST, "/token?grant_type=pkce", "", true),
        ("an unknown grant", Method::POST, "/token?grant_type=other", "", false),
    ] {
        let mut last = 0;
        for _ in 0..31 {
            last = world.send_as("192.0.2.1", method.clone(), path, token, json!({})).await.0;
        }
        assert_eq!(last == 429, is_limited, "{kind}: {last}");
    }
}
