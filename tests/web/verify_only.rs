//! Services that only verify access tokens.

use std::{env, process::Command, time::Duration};

use axum::{Router, http::Method, routing::get};
use gotrue::{
    Client, JwtVerifier, Secret, SignOutScope,
    axum::{ProtectedResourceLayer, RequireLayer, Verified, VerifyLayer},
    error::TokenError,
    jwt::VerifiedClaims,
    types::{AssuranceLevel, JwkSet},
};
use gotrue_fake::Fault;
use serde_json::{Value, json};

use crate::browser::{Browser, EMAIL, PASSWORD, World};

async fn token(world: &World) -> Secret {
    let session = world.client.sign_in(gotrue::Password::email(EMAIL, PASSWORD)).await.unwrap();
    session.access_token().clone()
}

fn api(layer: VerifyLayer) -> Router {
    let safe = get(async |user: Verified| user.sub.to_string());
    let level = RequireLayer::new().assurance_level(AssuranceLevel::Aal2);
    Router::new()
        .route("/safe", safe)
        .route_layer(level)
        .route("/me", get(async |user: Verified| user.email.clone().unwrap()))
        .layer(layer)
}

fn refusal(result: Result<VerifiedClaims, gotrue::Error>) -> Option<TokenError> {
    result.unwrap_err().token()
}

/// Connections to it are refused.
fn offline() -> Client {
    Client::builder().base_url("http://127.0.0.1:1").retries(0).build().unwrap()
}

#[tokio::test]
async fn a_fixed_set_of_keys() {
    let world = World::new().await;
    let (token, keys) = (token(&world).await, world.client.jwks().await.unwrap());
    let verifier = offline().jwt_verifier().audience("authenticated").keys(&keys);
    // The clock of the fake server is ahead of that of this client.
    let verifier = verifier.leeway(Duration::MAX);
    assert_eq!(verifier.verify(&token).await.unwrap().email.as_deref(), Some(EMAIL));
    world.server.rotate_keys();
    let newer = self::token(&world).await;
    assert_eq!(refusal(verifier.verify(&newer).await), Some(TokenError::UnknownKey));
    let none: JwkSet = serde_json::from_value(json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] })).unwrap();
    assert_eq!(refusal(verifier.keys(&none).verify(&token).await), Some(TokenError::UnknownKey));
}

/// The test runs itself again with the variables, since changing those of a running process is unsafe.
#[tokio::test]
async fn keys_from_the_environment() {
    const TOKEN: &str = "GOTRUE_TEST_TOKEN";
    if let Ok(token) = env::var(TOKEN) {
        let verifier = offline().jwt_verifier().leeway(Duration::MAX).keys_from_env().unwrap();
        verifier.verify(&token.into()).await.unwrap();
        return;
    }
    let world = World::new().await;
    let token = token(&world).await;
    let keys = serde_json::to_string(&world.client.jwks().await.unwrap()).unwrap();
    let passes = |variables: &[(&str, &str)]| {
        let mut test = Command::new(env::current_exe().unwrap());
        test.args(["--exact", "verify_only::keys_from_the_environment"]).env(TOKEN, token.expose());
        for name in ["GOTRUE_URL", "GOTRUE_JWKS", "SUPABASE_URL", "SUPABASE_JWKS"] {
            test.env_remove(name);
        }
        test.envs(variables.iter().copied()).output().unwrap().status.success()
    };
    let (url, project) = (("GOTRUE_URL", "http://127.0.0.1:1"), ("SUPABASE_URL", "http://127.0.0.1:1"));
    assert!(passes(&[("SUPABASE_JWKS", &keys)]));
    assert!(passes(&[project, ("SUPABASE_JWKS", &keys)]));
    assert!(passes(&[url, ("GOTRUE_JWKS", &keys)]));
    assert!(!passes(&[]));
    assert!(!passes(&[url, ("SUPABASE_JWKS", &keys)]));
    assert!(!passes(&[project, ("GOTRUE_JWKS", &keys)]));
    for invalid in ["nonsense", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#] {
        assert!(!passes(&[("SUPABASE_JWKS", invalid)]), "{invalid}");
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_noticed() {
    let world = World::new().await;
    let verifier = world.client.jwt_verifier().check_session(Duration::from_secs(10));
    let verify = async |verifier: &JwtVerifier, token: &Secret| verifier.clone().verify(token).await;
    let token = token(&world).await;
    for _ in 0..3 {
        verify(&verifier, &token).await.unwrap();
    }
    assert_eq!(world.server.count("get_user"), 1);

    // A failure says nothing about the session, and is not remembered.
    world.clock.advance(Duration::from_secs(10));
    world.server.fail(Fault::empty(503).of("get_user"));
    let error = verify(&verifier, &token).await.unwrap_err();
    assert!(error.is_retryable() && !error.ends_session());
    verify(&verifier, &token).await.unwrap();

    world.client.user(&token).sign_out(SignOutScope::Local).await.unwrap();
    verify(&verifier, &token).await.unwrap();
    world.clock.advance(Duration::from_secs(10));
    let asked = world.server.count("get_user");
    for _ in 0..3 {
        assert!(verify(&verifier, &token).await.unwrap_err().ends_session());
    }
    assert_eq!(world.server.count("get_user"), asked + 1);
    // Without the check, the token is valid until it expires.
    world.client.jwt_verifier().verify(&token).await.unwrap();
}

#[tokio::test]
async fn the_token_is_in_the_header_or_in_the_cookies_of_either_form() {
    let world = World::new().await;
    let verifier = world.client.jwt_verifier().audience("authenticated");
    for (mut signed_in, layer) in [
        (world.browser(), VerifyLayer::new(verifier.clone()).session_cookies(world.ssr())),
        (world.sealed_browser(), VerifyLayer::new(verifier.clone()).session_cookies(World::sealed())),
    ] {
        signed_in.sign_in().await;
        let mut browser = Browser { jar: signed_in.jar, ..Browser::new(api(layer)) };
        assert_eq!(browser.get("/me").await.body, EMAIL);
        let forged = browser.with_headers(Method::GET, "/me", &[("authorization", "Bearer forged")]).await;
        assert_eq!(forged.status, 401);
        // Nothing is refreshed, and no cookies are set.
        world.clock.advance(Duration::from_secs(3700));
        let expired = browser.get("/me").await;
        assert_eq!((expired.status, expired.set_cookies().len()), (401, 0));
        browser.jar.clear();
        assert_eq!(browser.get("/me").await.body, r#"{"code":"no_authorization"}"#);
        let header = format!("Bearer {}", token(&world).await.expose());
        assert_eq!(browser.with_headers(Method::GET, "/me", &[("authorization", &header)]).await.body, EMAIL);
    }
}

#[tokio::test]
async fn clients_learn_where_to_get_a_token() {
    let world = World::new().await;
    let layer = VerifyLayer::new(world.client.jwt_verifier());
    let resource = ProtectedResourceLayer::new(&world.client, "https://api.example.com/mcp").unwrap();
    let mut client = Browser::new(api(layer).layer(resource.clone().name("Example").scopes(["email"])));

    let document = client.get("/.well-known/oauth-protected-resource/mcp").await;
    assert_eq!((document.status, document.header("content-type")), (200, Some("application/json")));
    assert_eq!(document.header("access-control-allow-origin"), Some("*"));
    let metadata: Value = serde_json::from_str(&document.body).unwrap();
    let expected = json!({
        "resource": "https://api.example.com/mcp",
        "authorization_servers": [world.server.url().trim_end_matches('/')],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["email"],
        "resource_name": "Example",
    });
    assert_eq!(metadata, expected);

    let url = "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource/mcp\"";
    let challenge = |answer: &crate::browser::Answer| answer.header("www-authenticate").map(str::to_owned);
    let token = format!("Bearer {}", token(&world).await.expose());
    assert_eq!(challenge(&client.get("/me").await), Some(format!("Bearer {url}")));
    for (path, authorization, expected) in [
        ("/me", "Bearer forged", Some(format!("Bearer error=\"invalid_token\", {url}"))),
        ("/safe", &token, Some(format!("Bearer error=\"insufficient_scope\", {url}"))),
        ("/me", &token, None),
    ] {
        let answer = client.with_headers(Method::GET, path, &[("authorization", authorization)]).await;
        assert_eq!(challenge(&answer), expected, "{path}");
    }
    assert_eq!(client.get("/.well-known/oauth-protected-resource").await.status, 404);

    let root = ProtectedResourceLayer::new(&world.client, "https://api.example.com").unwrap();
    let mut client = Browser::new(Router::new().layer(root.authorization_server("https://id.example.com")));
    let document = client.get("/.well-known/oauth-protected-resource").await;
    let metadata: Value = serde_json::from_str(&document.body).unwrap();
    assert_eq!(metadata["authorization_servers"], json!(["https://id.example.com"]));
    for invalid in ["", "/mcp", "mailto:a@example.com", "https://api.example.com/#x", "https://api.example.com/?x"] {
        assert!(ProtectedResourceLayer::new(&world.client, invalid).is_err(), "{invalid}");
    }
}
