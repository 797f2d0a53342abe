//! Keys that cannot be renewed stay usable up to one bound, whatever the failure, and no caller waits for a renewal.

use std::time::Duration;

use futures::FutureExt;
use gotrue::{Client, JwtVerifier, Secret, error::TokenError};
use gotrue_fake::ManualClock;
use serde_json::json;
use support::scripted::{Scripted, Step};
use wiremock::ResponseTemplate;

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{Signer, claims, claims_with},
};

const TTL: u64 = 600;
const DAY: u64 = 24 * 3600;

/// Valid for two days.
fn long_token(signer: &Signer) -> Secret {
    signer.sign(&claims_with(&json!({ "exp": 1_767_225_600 + 2 * DAY })))
}

fn json_reply(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/json")
}

/// Verifies a token without waiting for anything.
#[track_caller]
fn verify_at_once(verifier: &JwtVerifier, token: &Secret) {
    verifier.verify(token).now_or_never().expect("no waiting").unwrap();
}

#[tokio::test]
async fn any_failed_response_leaves_the_keys_usable() {
    let signer = Signer::ec("one");
    for (name, failure) in [
        ("not found", ResponseTemplate::new(404)),
        ("gone", ResponseTemplate::new(410)),
        ("a gateway without the API key", json_reply(401, r#"{"message":"No API key found in request"}"#)),
        ("forbidden", ResponseTemplate::new(403)),
        ("a moved server", ResponseTemplate::new(301).insert_header("location", "https://auth.example.com/")),
        ("rate limit", ResponseTemplate::new(429).insert_header("retry-after", "86400")),
        ("server error", json_reply(500, r#"{"code":"unexpected_failure"}"#)),
        ("gateway error", ResponseTemplate::new(502)),
        ("not implemented", ResponseTemplate::new(501)),
        ("an empty object", json_reply(200, "{}")),
        ("no list", json_reply(200, r#"{"keys":null}"#)),
        ("an object instead of a list", json_reply(200, r#"{"keys":{}}"#)),
        ("not an object", json_reply(200, "[]")),
        ("no body", ResponseTemplate::new(200)),
        ("no content", ResponseTemplate::new(204)),
        ("truncated", json_reply(200, r#"{"keys":[{"kty":"EC""#)),
        ("HTML", ResponseTemplate::new(200).set_body_raw("<html>sign in</html>", "text/html")),
    ] {
        let server = KeyServer::start(&[&signer]).await;
        let (verifier, token) = (server.verifier(), long_token(&signer));
        verifier.verify(&token).await.unwrap();
        server.answer(failure);
        let mut age = 0;
        for until in [TTL, TTL + 1, TTL + 30, 3600, DAY - 1] {
            server.advance(until - age);
            age = until;
            for _ in 0..10 {
                verify_at_once(&verifier, &token);
            }
            server.settle(&verifier).await;
        }
        // A forged token is still recognized.
        let forged = Signer::other_ec("one").sign(&claims());
        assert_eq!(refusal(verifier.verify(&forged).await), TokenError::BadSignature, "{name}");
        assert!(server.key_requests().await <= 6, "{name}");

        // The bound. Such an error is not a refusal.
        server.advance(30);
        let error = verifier.verify(&token).await.unwrap_err();
        assert!(error.token().is_none() && !error.ends_session(), "{name}: {error}");
        server.publish(&[&signer]);
        server.advance(30);
        verifier.verify(&token).await.unwrap();
    }
}

#[tokio::test]
async fn any_broken_connection_leaves_the_keys_usable() {
    let signer = Signer::ec("one");
    let keys = json!({ "keys": [signer.published()] });
    for failure in [Step::Close, Step::Truncate("{\"keys\":[".to_owned()), Step::Hang] {
        let server = Scripted::start([Step::json(200, &keys), failure]).await;
        let clock = ManualClock::new();
        let client = Client::builder().base_url(&server.url).clock(clock.clone()).retries(0).build().unwrap();
        let (verifier, token) = (client.jwt_verifier(), long_token(&signer));
        verifier.verify(&token).await.unwrap();
        clock.advance(Duration::from_secs(TTL));
        for _ in 0..10 {
            verify_at_once(&verifier, &token);
        }
        server.received(2).await;
        verify_at_once(&verifier, &token);
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn the_bound_can_be_set() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let (verifier, token) = (server.verifier().max_key_age(Duration::from_secs(700)), signer.sign(&claims()));
    verifier.verify(&token).await.unwrap();
    server.fail(503);
    server.advance(699);
    verify_at_once(&verifier, &token);
    server.settle(&verifier).await;
    server.advance(1);
    assert!(verifier.verify(&token).await.unwrap_err().is_retryable());
}

// Formerly the first caller after the TTL waited for the request, and a 404 made all tokens fail.
#[tokio::test]
async fn failed_renewals_are_paused() {
    let signer = Signer::ec("one");
    for (status, pause) in [(503, 1), (404, 30), (401, 30)] {
        let server = KeyServer::start(&[&signer]).await;
        let (verifier, token) = (server.verifier(), signer.sign(&claims()));
        verifier.verify(&token).await.unwrap();
        server.advance(TTL);
        server.fail(status);
        for (wait, requests) in [(0, 2), (pause - 1, 2), (1, 3), (pause, 4)] {
            server.advance(wait);
            for _ in 0..10 {
                verify_at_once(&verifier, &token);
                server.settle(&verifier).await;
            }
            assert_eq!(server.key_requests().await, requests, "{status}");
        }
        // Nothing can be said about an unknown key now.
        let unknown = Signer::other_ec("two").sign(&claims());
        let error = verifier.verify(&unknown).await.unwrap_err();
        assert_eq!((error.status().unwrap().as_u16(), error.token()), (status, None));

        server.publish(&[&signer, &Signer::other_ec("two")]);
        server.advance(pause);
        verifier.verify(&unknown).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_that_is_no_longer_published_is_refused_after_the_renewal() {
    let signer = Signer::ec("one");
    for keys in [vec![], vec![Signer::other_ec("two").published()], vec![json!({ "kty": "XX" })]] {
        let server = KeyServer::start(&[&signer]).await;
        let (verifier, token) = (server.verifier(), signer.sign(&claims()));
        verifier.verify(&token).await.unwrap();
        server.answer(ResponseTemplate::new(200).set_body_json(json!({ "keys": keys })));
        server.advance(TTL);
        verify_at_once(&verifier, &token);
        server.settle(&verifier).await;
        assert_eq!(refusal(verifier.verify(&token).await), TokenError::UnknownKey);
    }
}

#[tokio::test]
async fn new_keys_are_known_after_the_renewal() {
    let (signer, other) = (Signer::ec("one"), Signer::other_ec("two"));
    let server = KeyServer::start(&[&signer]).await;
    let (verifier, token) = (server.verifier(), signer.sign(&claims()));
    verifier.verify(&token).await.unwrap();
    server.publish(&[&signer, &other]);
    server.advance(TTL);
    // A caller that never polls again does not stop the renewal that it started.
    let mut idle = Box::pin(verifier.verify(&token));
    assert!(idle.as_mut().now_or_never().is_some());
    verifier.verify(&other.sign(&claims())).await.unwrap();
    assert_eq!(server.key_requests().await, 2);
}
