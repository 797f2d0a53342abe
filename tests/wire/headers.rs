//! Which headers a request carries, and where it goes.

use std::time::Duration;

use gotrue::{Client, Password, SignOutScope, SignUp, admin::Invite, uuid::Uuid};
use serde_json::json;
use support::{
    ACCESS_TOKEN, API_KEY, SERVICE_KEY, client_of, header, last_request, server_that_answers, session, user,
};
use wiremock::{MockServer, ResponseTemplate};

async fn server_of_sessions() -> MockServer {
    server_that_answers(ResponseTemplate::new(200).set_body_json(session())).await
}

async fn server_of_users() -> MockServer {
    server_that_answers(ResponseTemplate::new(200).set_body_json(user())).await
}

#[tokio::test]
async fn every_request_names_the_client_and_the_version_of_errors() {
    let server = server_of_sessions().await;
    client_of(&server).sign_in(Password::email("ada@example.com", "password")).await.unwrap();
    let request = last_request(&server).await;
    let name = concat!("gotrue-rs/", env!("CARGO_PKG_VERSION"));
    assert_eq!(header(&request, "x-supabase-api-version"), Some("2024-01-01"));
    assert_eq!(header(&request, "x-client-info"), Some(name));
    assert_eq!(header(&request, "user-agent"), Some(name));
    assert_eq!(header(&request, "accept"), Some("application/json"));
    // The generator's own, which the server does not know and its CORS policy forbids.
    assert_eq!(header(&request, "api-version"), None);
}

#[tokio::test]
async fn without_a_user_the_api_key_is_the_bearer_token() {
    let server = server_of_sessions().await;
    client_of(&server).sign_in(Password::email("ada@example.com", "password")).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(header(&request, "apikey"), Some(API_KEY));
    assert_eq!(header(&request, "authorization"), Some("Bearer anon-key"));
}

#[tokio::test]
async fn the_users_token_goes_where_an_operation_takes_one_and_nowhere_else() {
    let server = server_of_users().await;
    let user = client_of(&server).user(ACCESS_TOKEN);
    user.get().await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(header(&request, "apikey"), Some(API_KEY));
    assert_eq!(header(&request, "authorization"), Some("Bearer access-token-of-ada"));

    // The same raw client, with an operation that takes no user.
    let _ = user.raw().await.unwrap().settings().await;
    assert_eq!(header(&last_request(&server).await, "authorization"), Some("Bearer anon-key"));
}

#[tokio::test]
async fn the_service_key_is_sent_by_the_admin_client_only() {
    let server = server_of_users().await;
    let client = client_of(&server);
    client.admin(SERVICE_KEY).invite(Invite::email("ada@example.com")).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(header(&request, "apikey"), Some(SERVICE_KEY));
    assert_eq!(header(&request, "authorization"), Some("Bearer service-key"));

    client.user(ACCESS_TOKEN).get().await.unwrap();
    let _ = client.settings().await;
    for request in server.received_requests().await.unwrap().iter().skip(1) {
        assert!(!format!("{:?}", request.headers).contains(SERVICE_KEY));
    }
}

#[tokio::test]
async fn without_an_api_key_there_is_no_credential() {
    let server = server_of_sessions().await;
    let client = Client::builder().base_url(server.uri()).build().unwrap();
    client.sign_in(Password::email("ada@example.com", "password")).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!((header(&request, "apikey"), header(&request, "authorization")), (None, None));
}

#[tokio::test]
async fn headers_of_ones_own_are_sent_with_each_request() {
    let server = server_of_sessions().await;
    let builder = Client::builder().base_url(server.uri()).header("X-Tenant", "acme").user_agent("app/1");
    let client = builder.client_info("app/2").api_version("2025-01-01").build().unwrap();
    client.sign_in(Password::email("ada@example.com", "password")).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(header(&request, "x-tenant"), Some("acme"));
    assert_eq!(header(&request, "user-agent"), Some("app/1"));
    assert_eq!(header(&request, "x-client-info"), Some("app/2"));
    assert_eq!(header(&request, "x-supabase-api-version"), Some("2025-01-01"));
}

#[tokio::test]
async fn any_base_path_works_with_or_without_a_slash() {
    let server = server_of_users().await;
    for (base, path) in [("", "/user"), ("/", "/user"), ("/auth/v1", "/auth/v1/user"), ("/auth/v1/", "/auth/v1/user")] {
        let client = Client::new(format!("{}{base}", server.uri()), API_KEY).unwrap();
        client.user(ACCESS_TOKEN).get().await.unwrap();
        assert_eq!(last_request(&server).await.url.path(), path);
        let url = client.authorize("github").url().unwrap();
        assert_eq!(url.path(), path.replace("user", "authorize"));
    }
}

#[tokio::test]
async fn a_sign_up_is_sent_as_the_server_reads_it() {
    let server = server_of_users().await;
    let sign_up = SignUp::phone("+15550000001", "password")
        .data(json!({ "a": null, "b": [1] }))
        .audience("staff")
        .redirect_to("https://app.example.com/cb?a=1&b=ü#x")
        .captcha_token("proof")
        .channel(gotrue::types::MessageChannel::Whatsapp);
    client_of(&server).sign_up(sign_up).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(header(&request, "x-jwt-aud"), Some("staff"));
    let query: Vec<_> = request.url.query_pairs().into_owned().collect();
    assert_eq!(query, [("redirect_to".to_owned(), "https://app.example.com/cb?a=1&b=ü#x".to_owned())]);
    let body: serde_json::Value = request.body_json().unwrap();
    let expected = json!({
        "phone": "+15550000001",
        "password": "password",
        "data": { "a": null, "b": [1] },
        "channel": "whatsapp",
        "gotrue_meta_security": { "captcha_token": "proof" },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn sign_out_is_of_this_session_unless_asked_otherwise() {
    let server = server_that_answers(ResponseTemplate::new(204)).await;
    let user = client_of(&server).user(ACCESS_TOKEN);
    for (scope, query) in [
        (SignOutScope::default(), "scope=local"),
        (SignOutScope::Others, "scope=others"),
        (SignOutScope::Global, "scope=global"),
    ] {
        user.sign_out(scope).await.unwrap();
        assert_eq!(last_request(&server).await.url.query(), Some(query));
    }
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let elsewhere = server_of_users().await;
    let server = server_that_answers(ResponseTemplate::new(302).insert_header("location", elsewhere.uri())).await;
    let error = client_of(&server).user(ACCESS_TOKEN).get().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(302));
    // Not even by an HTTP client that was told to: a key would go with it to another host.
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5));
    let client = Client::builder().base_url(server.uri()).api_key(API_KEY).http_client(http).build().unwrap();
    client.admin(SERVICE_KEY).users().get(Uuid::nil()).await.unwrap_err();
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends() {
    let server = server_that_answers(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    // Also with an HTTP client that knows no time-out.
    let http = reqwest::Client::builder();
    let builder = Client::builder().base_url(server.uri()).http_client(http).timeout(Duration::from_millis(50));
    let error = builder.build().unwrap().health().await.unwrap_err();
    let gotrue::Error::Connection(cause) = &error else { panic!("{error:?}") };
    assert!(cause.is_timeout() && error.is_retryable() && !error.ends_session());
    assert_eq!(error.to_string(), "health: the server did not respond in time");
}

#[tokio::test]
async fn a_path_parameter_cannot_leave_its_place() {
    let server = server_of_users().await;
    let raw = Client::new(format!("{}/auth/v1", server.uri()), API_KEY).unwrap().admin(SERVICE_KEY).raw().unwrap();
    for id in ["custom:acme", "a/b", "a b", "ü", "a?b=c", "a#b", "%2e%2e", "..%2f..", "../..", "..."] {
        let before = server.received_requests().await.unwrap().len();
        let _ = raw.admin_get_custom_provider(id).await;
        let requests = server.received_requests().await.unwrap();
        assert_eq!(requests.len(), before + 1, "{id}");
        let path = requests[before].url.path().to_owned();
        let segment = path.strip_prefix("/auth/v1/admin/custom-providers/").unwrap();
        assert!(!segment.contains('/') && requests[before].url.query().is_none(), "{id} became {path}");
    }
    // The colon stays: the server does not decode it.
    let _ = raw.admin_get_custom_provider("custom:acme").await;
    assert_eq!(last_request(&server).await.url.path(), "/auth/v1/admin/custom-providers/custom:acme");

    let before = server.received_requests().await.unwrap().len();
    for id in ["", ".", "..", "a\\b", "..\\.."] {
        for error in [
            raw.admin_get_custom_provider(id).await.unwrap_err(),
            raw.admin_delete_sso_provider(id).await.unwrap_err(),
            raw.oauth_consent(id, &consent()).await.unwrap_err(),
        ] {
            let error = gotrue::Error::from_raw(error).await;
            assert_eq!(error.to_string(), "request path parameter must not be empty, `.` or `..`", "{id}");
        }
    }
    assert_eq!(server.received_requests().await.unwrap().len(), before);
}

fn consent() -> gotrue::types::OAuthConsentRequest {
    serde_json::from_value(json!({ "action": "approve" })).unwrap()
}
