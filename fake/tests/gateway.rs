//! The gateway of a Supabase project.

use gotrue::{
    Claims, Password, SignUp,
    reqwest::{Client, Method, StatusCode},
};
use gotrue_fake::FakeServer;
use serde_json::{Value, json};

async fn send(server: &FakeServer, path: &str, headers: &[(&str, &str)]) -> (StatusCode, Value) {
    let origin = server.url().replace("/auth/v1", "");
    let mut request = Client::new().get(origin + path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn requests_need_a_known_key_below_the_prefix() {
    let server = FakeServer::builder().gateway().start().await;
    let key = server.api_key();
    let missing = json!({
        "message": "No API key found in request",
        "hint": "No `apikey` request header or url param was found.",
    });
    assert_eq!(send(&server, "/auth/v1/settings", &[]).await, (StatusCode::UNAUTHORIZED, missing));
    let (status, error) = send(&server, "/auth/v1/settings", &[("apikey", "another")]).await;
    assert_eq!((status, &error["message"]), (StatusCode::UNAUTHORIZED, &json!("Invalid API key")));
    for key in [key.clone(), server.service_key(), server.opaque_keys().0, server.opaque_keys().1] {
        assert_eq!(send(&server, "/auth/v1/settings", &[("apikey", key.expose())]).await.0, StatusCode::OK);
    }
    let in_query = format!("/auth/v1/settings?apikey={}", key.expose());
    assert_eq!(send(&server, &in_query, &[]).await.0, StatusCode::OK);
    assert_eq!(send(&server, "/settings", &[("apikey", key.expose())]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(send(&server, "/auth/v12/settings", &[("apikey", key.expose())]).await.0, StatusCode::NOT_FOUND);
    // A browser opens these without a key, and the public keys are public.
    for (path, status) in [("/.well-known/jwks.json", 200), ("/verify", 400), ("/authorize", 400)] {
        assert_eq!(send(&server, &format!("/auth/v1{path}"), &[]).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn a_key_signed_by_the_project_is_known() {
    let server = FakeServer::builder().gateway().start().await;
    let signed = |claims: &Value, secret: &[u8]| {
        let key = jsonwebtoken::EncodingKey::from_secret(secret);
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
    };
    let secret = server.hs256_secret();
    let own = signed(&json!({ "role": "anon", "iat": 1, "exp": 1_983_812_996 }), secret.expose().as_bytes());
    let other = signed(&json!({ "role": "anon", "exp": 1_983_812_996 }), b"the secret of another project, long enough");
    let user = signed(&json!({ "role": "authenticated", "exp": 1_983_812_996 }), secret.expose().as_bytes());
    for (key, status) in [(own, StatusCode::OK), (other, StatusCode::UNAUTHORIZED), (user, StatusCode::UNAUTHORIZED)] {
        assert_eq!(send(&server, "/auth/v1/settings", &[("apikey", &key)]).await.0, status);
    }
}

#[tokio::test]
async fn a_key_becomes_a_bearer_token_unless_there_is_one() {
    let server = FakeServer::builder().gateway().start().await;
    let (publishable, secret) = server.opaque_keys();
    let users = "/auth/v1/admin/users";
    // An older key, which is a token itself, is no bearer token unless it is sent as one.
    let old = server.service_key();
    assert_eq!(send(&server, users, &[("apikey", old.expose())]).await.0, StatusCode::UNAUTHORIZED);
    let headers = [("apikey", old.expose()), ("authorization", &format!("Bearer {}", old.expose()))];
    assert_eq!(send(&server, users, &headers).await.0, StatusCode::OK);
    assert_eq!(send(&server, users, &[("apikey", secret.expose())]).await.0, StatusCode::OK);
    assert_eq!(send(&server, users, &[("apikey", publishable.expose())]).await.0, StatusCode::FORBIDDEN);
    let sent_twice = format!("Bearer {}", secret.expose());
    let headers = [("apikey", secret.expose()), ("authorization", sent_twice.as_str())];
    assert_eq!(send(&server, users, &headers).await.0, StatusCode::OK);

    let client = server.client().unwrap();
    let session = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap().session().unwrap();
    let user_token = format!("Bearer {}", session.access_token().expose());
    let headers = [("apikey", secret.expose()), ("authorization", user_token.as_str())];
    assert_eq!(send(&server, users, &headers).await.0, StatusCode::FORBIDDEN, "the user's token counts");
    assert_eq!(send(&server, "/auth/v1/user", &headers).await.1["email"], "ada@example.com");
    let claims = Claims::read_unverified(session.access_token()).unwrap();
    assert_eq!(claims.iss.as_deref(), Some(server.url().as_str()));
}

#[tokio::test]
async fn links_lead_through_the_gateway_and_browsers_may_send_the_key() {
    let server = FakeServer::builder().gateway().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let link = server.last_message_to("ada@example.com").unwrap().link.unwrap();
    assert!(link.expose().starts_with(&(server.url() + "/verify?")), "{}", link.expose());
    let browser = Client::builder().redirect(gotrue::reqwest::redirect::Policy::none()).build().unwrap();
    assert_eq!(browser.get(link.expose()).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();

    let asked = browser
        .request(Method::OPTIONS, server.url() + "/token")
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "apikey,authorization,x-other");
    let granted = asked.send().await.unwrap();
    assert_eq!(
        (granted.status(), &granted.headers()["access-control-allow-origin"]),
        (StatusCode::OK, &"*".parse().unwrap())
    );
    assert_eq!(granted.headers()["access-control-allow-headers"], "apikey,authorization,x-other");
}

/// The gateway of a local project passes such requests on.
#[tokio::test]
async fn a_gateway_may_need_no_key() {
    let server = FakeServer::builder().gateway().gateway_needs_key(false).start().await;
    for headers in [&[][..], &[("apikey", "another")]] {
        assert_eq!(send(&server, "/auth/v1/settings", headers).await.0, StatusCode::OK);
        assert_eq!(send(&server, "/auth/v1/admin/users", headers).await.0, StatusCode::UNAUTHORIZED);
    }
    let (_, secret) = server.opaque_keys();
    assert_eq!(send(&server, "/auth/v1/admin/users", &[("apikey", secret.expose())]).await.0, StatusCode::OK);
}
