//! Raw operations and requests to any path: the same credentials, retries, redaction and errors as every other call.

use gotrue::{
    Error, ErrorCode,
    reqwest::Method,
    serde_json::{Value, json},
    types::{GrantType, RefreshTokenGrant, TokenRequest},
    uuid::Uuid,
};
use gotrue_fake::{FakeServer, Fault};
use support::{
    ACCESS_TOKEN, API_KEY, SERVICE_KEY, auto_clock::AutoClock, client_of, header, last_request, server_that_answers,
    user,
};
use wiremock::ResponseTemplate;

fn refused(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(403).set_body_json(json!({ "code": code, "message": "no" }))
}

#[tokio::test]
async fn a_raw_operation_has_the_credentials_of_its_client() {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(user())).await;
    let client = client_of(&server);
    let id = Uuid::from_u128(1);
    let users = [
        client.call(async |raw| raw.get_user(None).await).await,
        client.user(ACCESS_TOKEN).call(async |raw| raw.get_user(None).await).await,
        client.admin(SERVICE_KEY).call(|raw| async move { raw.admin_get_user(&id).await }).await,
    ];
    assert!(users.into_iter().all(|sent| sent.unwrap().id.to_string() == user()["id"]));
    let requests = server.received_requests().await.unwrap();
    let sent = requests.iter().map(|request| ["apikey", "authorization"].map(|name| header(request, name).unwrap()));
    let expected =
        [[API_KEY, "Bearer anon-key"], [API_KEY, "Bearer access-token-of-ada"], [SERVICE_KEY, "Bearer service-key"]];
    assert_eq!(sent.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn an_error_knows_its_operation() {
    let server = server_that_answers(refused("session_not_found")).await;
    let client = client_of(&server);
    let by_wrapper = client.user(ACCESS_TOKEN).get().await.unwrap_err();
    let by_call = client.user(ACCESS_TOKEN).call(async |raw| raw.get_user(None).await).await.unwrap_err();
    let by_request = client.user(ACCESS_TOKEN).request(Method::GET, "/user").await.unwrap();
    let by_request = by_request.send::<Value>().await.unwrap_err();
    let by_hand = client.user(ACCESS_TOKEN).raw().await.unwrap().get_user(None).await.unwrap_err();
    for error in [by_wrapper, by_call, by_request, Error::from_raw(by_hand).await] {
        let operation = error.operation().unwrap();
        assert_eq!((operation.id, operation.method, operation.path), ("get_user", "GET", "/user"));
        assert_eq!(error.to_string(), "get_user: the server returned 403 session_not_found: no");
        assert!(error.ends_session());
    }
    let unknown = client.request(Method::GET, "/tomorrow").send::<Value>().await.unwrap_err();
    assert!(unknown.operation().is_none() && unknown.code() == Some(&ErrorCode::SessionNotFound));
    assert!(!unknown.ends_session(), "no user sent it");
    let of_user = client.user(ACCESS_TOKEN).request(Method::GET, "/tomorrow").await.unwrap();
    assert!(of_user.send::<Value>().await.unwrap_err().ends_session());

    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let unreadable = client_of(&server).health().await.unwrap_err();
    assert_eq!(unreadable.operation().unwrap().id, "health");
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = gotrue::Client::builder().base_url(format!("http://{unused}")).retries(0).build().unwrap();
    assert_eq!(client.call(async |raw| raw.health().await).await.unwrap_err().operation().unwrap().id, "health");
    assert!(client.refresh("").await.unwrap_err().operation().is_none());
}

#[tokio::test]
async fn a_raw_refresh_can_end_a_session() {
    let server = server_that_answers(refused("refresh_token_not_found")).await;
    let client = client_of(&server);
    let grant = || TokenRequest::from(RefreshTokenGrant { refresh_token: "f5pr2ljsaq5q".into() });
    let refresh = async |raw: gotrue::raw::Client| raw.token(GrantType::RefreshToken, None, &grant()).await;
    assert!(client.call(refresh).await.unwrap_err().ends_session());
    let request = client.request(Method::POST, "/token").query("grant_type", "refresh_token");
    let error = request.json(&json!({ "refresh_token": "f5pr2ljsaq5q" })).send::<Value>().await.unwrap_err();
    assert!(error.ends_session());
    let request = client.request(Method::POST, "/token").query("grant_type", "password");
    assert!(!request.send::<Value>().await.unwrap_err().ends_session());
}

#[tokio::test]
async fn a_request_goes_where_it_says() {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(json!({ "a": [1] }))).await;
    let client = gotrue::Client::new(format!("{}/auth/v1", server.uri()), API_KEY).unwrap();
    let request =
        client.request(Method::POST, "/to morrow/ü").query("a", "1 &").query("b", "ü").json(&json!({ "c": null }));
    assert_eq!(request.send::<Value>().await.unwrap(), json!({ "a": [1] }));
    let sent = last_request(&server).await;
    assert_eq!(sent.url.path(), "/auth/v1/to%20morrow/%C3%BC");
    assert_eq!(sent.url.query(), Some("a=1+%26&b=%C3%BC"));
    assert_eq!((sent.method.as_str(), sent.body.as_slice()), ("POST", br#"{"c":null}"#.as_slice()));
    for (name, value) in [
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("apikey", API_KEY),
        ("authorization", "Bearer anon-key"),
        ("x-supabase-api-version", "2024-01-01"),
    ] {
        assert_eq!(header(&sent, name), Some(value));
    }
    let response = client.request(Method::DELETE, "/x").response().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (200, r#"{"a":[1]}"#));
    client.user(ACCESS_TOKEN).request(Method::GET, "/x").await.unwrap().response().await.unwrap();
    assert_eq!(header(&last_request(&server).await, "authorization"), Some("Bearer access-token-of-ada"));
    // An operation that takes no user gets no user's token, by whatever way it is called.
    client.user(ACCESS_TOKEN).request(Method::GET, "/settings").await.unwrap().response().await.unwrap();
    assert_eq!(header(&last_request(&server).await, "authorization"), Some("Bearer anon-key"));
    client.admin(SERVICE_KEY).request(Method::GET, "/x").unwrap().response().await.unwrap();
    assert_eq!(header(&last_request(&server).await, "authorization"), Some("Bearer service-key"));
}

#[tokio::test]
async fn a_response_without_a_body_is_null() {
    let server = server_that_answers(ResponseTemplate::new(204)).await;
    client_of(&server).request(Method::POST, "/x").send::<()>().await.unwrap();
    assert_eq!(client_of(&server).request(Method::POST, "/x").send::<Option<u8>>().await.unwrap(), None);
    let error = client_of(&server).request(Method::POST, "/x").send::<u8>().await.unwrap_err();
    assert!(matches!(error, Error::UnreadableResponse(_)), "{error:?}");
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(200)).await;
    let client = client_of(&server);
    for (path, why) in [
        ("", "path must start with a slash"),
        ("user", "path must start with a slash"),
        ("https://evil.example/", "path must start with a slash"),
        ("/user?a=b", "path must not contain a query or a fragment"),
        ("/user#a", "path must not contain a query or a fragment"),
        ("/admin/../user", "path must not contain the segments `.` and `..`"),
        ("/admin/%2E%2e/user", "path must not contain the segments `.` and `..`"),
        ("/admin/.%2e", "path must not contain the segments `.` and `..`"),
        ("/admin\\..\\user", "path must not contain the segments `.` and `..`"),
        ("/./user", "path must not contain the segments `.` and `..`"),
    ] {
        let error = client.request(Method::GET, path).send::<Value>().await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("request {why}"), "{path}");
    }
    let odd = std::collections::HashMap::from([(vec![1], 2)]);
    let error = client.request(Method::POST, "/x").json(&odd).send::<Value>().await.unwrap_err();
    assert_eq!(error.to_string(), "request body must be valid JSON: key must be a string");
    assert!(server.received_requests().await.unwrap().is_empty());
    assert!(client.admin("").request(Method::GET, "/x").is_err());
}

#[tokio::test]
async fn only_what_is_safe_is_sent_again() {
    let clock = AutoClock::default();
    let server = FakeServer::start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    for (method, path, sent) in [
        (Method::GET, "/health", 4),
        (Method::GET, "/tomorrow", 4),
        (Method::POST, "/tomorrow", 1),
        (Method::DELETE, "/tomorrow", 1),
        // A GET that changes something.
        (Method::GET, "/reauthenticate", 1),
    ] {
        server.fail(Fault::page(503).times(sent));
        let before = clock.sleeps();
        client.request(method.clone(), path).send::<Value>().await.unwrap_err();
        assert_eq!(clock.sleeps() - before, sent - 1, "{method} {path}");
        server.heal();
    }
    server.fail(Fault::page(503));
    client.call(async |raw| raw.health().await).await.unwrap();
}

#[test]
fn the_futures_can_be_sent_to_another_thread() {
    fn is_send<T: Send>(_: T) {}
    let client = gotrue::Client::new("http://127.0.0.1:9", "").unwrap();
    is_send(client.call(async |raw| raw.health().await));
    is_send(client.admin("key").call(async |raw| raw.health().await));
    is_send(client.user("token").call(async |raw| raw.health().await));
    is_send(client.request(Method::GET, "/x").send::<Value>());
    is_send(client.request(Method::GET, "/x").response());
}

#[test]
fn a_request_prints_no_body() {
    let client = gotrue::Client::new("http://127.0.0.1:9", "").unwrap();
    let request = client.request(Method::POST, "/x").query("token", "abc-def").json(&json!({ "password": "abc-def" }));
    assert!(!format!("{request:?}").contains("abc-def"), "{request:?}");
}
