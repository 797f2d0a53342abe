//! The extractor for axum.

use axum::{Router, body::Body, routing::post};
use gotrue::hooks::CustomAccessToken;
use gotrue::hooks::{Acknowledged, Hook, HookClaims, HookVerifier, InvalidClaim, Refusal, SendEmail, SendSms};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::recording::Recording;

async fn send_email(_: Hook<SendEmail>) -> Acknowledged {
    Acknowledged
}

async fn send_sms(_: Hook<SendSms>) -> Result<Acknowledged, Refusal> {
    Err(Refusal::new("no messages today"))
}

async fn add_team(hook: Hook<CustomAccessToken>) -> Result<HookClaims, Refusal> {
    let add = || -> Result<HookClaims, InvalidClaim> {
        let mut claims = hook.into_payload().claims;
        claims.set("team", "blue")?;
        Ok(claims)
    };
    Ok(add()?)
}

async fn call(recording: &Recording, verifier: HookVerifier, path: &str) -> (StatusCode, Value) {
    let router = Router::new()
        .route("/send-email", post(send_email))
        .route("/send-sms", post(send_sms))
        .route("/token", post(add_team))
        .with_state(verifier);
    let (mut parts, body) = recording.http_request().into_parts();
    parts.uri = path.parse().unwrap();
    let response = router.oneshot(Request::from_parts(parts, Body::from(body))).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn a_handler_takes_the_verified_payload() {
    let email = Recording::of("send_email");
    assert_eq!(call(&email, email.verifier(), "/send-email").await, (StatusCode::OK, json!({})));
    let sms = Recording::of("send_sms");
    let refusal = json!({ "error": { "http_code": 403, "message": "no messages today" } });
    assert_eq!(call(&sms, sms.verifier(), "/send-sms").await, (StatusCode::OK, refusal));
    let token = Recording::of("custom_access_token");
    let (_, response) = call(&token, token.verifier(), "/token").await;
    assert_eq!(response["claims"]["team"], "blue");
}

#[tokio::test]
async fn other_requests_do_not_reach_the_handler() {
    let email = Recording::of("send_email");
    let other = email.verifier_with(gotrue::hooks::HookSecrets::generate().unwrap());
    assert_eq!(call(&email, other, "/send-email").await, (StatusCode::UNAUTHORIZED, Value::Null));
    assert_eq!(call(&email, email.verifier(), "/send-sms").await.0, StatusCode::BAD_REQUEST);
    let small = email.verifier().body_limit(10);
    assert_eq!(call(&email, small, "/send-email").await.0, StatusCode::PAYLOAD_TOO_LARGE);
}
