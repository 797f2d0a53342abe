//! Any number of forged tokens causes a handful of requests to the auth server.

use std::time::Duration;

use futures::{FutureExt, future::join_all};
use gotrue::{
    Client, Error, Password, Secret, Session, SignOutScope, SignUp,
    error::TokenError,
    tower::{RequireLayer, VerifyLayer},
};
use gotrue_fake::{FakeServer, ManualClock};
use http::{Request, Response, header};
use serde_json::json;
use tower::{ServiceBuilder, ServiceExt};
use wiremock::ResponseTemplate;

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{SECRET, SUB, Signer, claims, claims_with, encode},
};

const FLOOD: usize = 10_000;

/// Sends a request with this token to a service that requires one, and returns the status.
async fn status(client: &Client, token: &Secret) -> u16 {
    // A service that creates its verifier for each request is not worse off.
    let service = ServiceBuilder::new()
        .layer(VerifyLayer::new(client.jwt_verifier().audience("authenticated")))
        .layer(RequireLayer::new())
        .service_fn(async |_: Request<()>| Ok::<_, Error>(Response::new(String::new())));
    let request = Request::get("/").header(header::AUTHORIZATION, format!("Bearer {}", token.expose())).body(());
    service.oneshot(request.unwrap()).await.unwrap().status().as_u16()
}

/// Returns a forged token, a different one for each number.
fn forged(algorithm: &str, kid: Option<&str>, number: usize) -> Secret {
    let header = json!({ "alg": algorithm, "kid": kid });
    let claims = claims_with(&json!({ "jti": number, "exp": 4_000_000_000_u64 }));
    let [header, claims] = [header, claims].map(|part| encode(part.to_string()));
    let signature = encode([u8::try_from(number % 251).unwrap(); 64]);
    format!("{header}.{claims}.{signature}").into()
}

async fn sign_in(client: &Client, email: &str) -> Session {
    client.sign_up(SignUp::email(email, "correct-horse-7")).await.unwrap();
    client.sign_in(Password::email(email, "correct-horse-7")).await.unwrap()
}

async fn fake(hs256: bool) -> (FakeServer, Client, ManualClock) {
    let clock = ManualClock::new();
    let server = FakeServer::builder().hs256(hs256).clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    (server, client, clock)
}

#[tokio::test]
async fn a_server_that_publishes_a_key_is_asked_for_keys_only() {
    let (server, client, clock) = fake(false).await;
    let session = sign_in(&client, "ada@example.com").await;
    for round in 1..=3 {
        for number in 0..FLOOD / 10 {
            for (algorithm, kid) in [
                ("HS256", None),
                ("HS256", Some("key-1")),
                ("HS512", None),
                ("ES256", Some("key-1")),
                ("ES256", Some("another")),
                ("ES256", None),
                ("RS256", Some("another")),
                ("ES512", None),
                ("EdDSA", Some("key-1")),
                ("none", None),
            ] {
                assert_eq!(status(&client, &forged(algorithm, kid, number)).await, 401);
            }
        }
        assert_eq!(status(&client, session.access_token()).await, 200);
        assert_eq!((server.count("jwks"), server.count("get_user")), (round, 0));
        clock.advance(Duration::from_secs(30));
    }
}

#[tokio::test]
async fn a_server_without_a_key_is_asked_about_five_forged_tokens() {
    let (server, client, clock) = fake(true).await;
    let (ada, bob) = (sign_in(&client, "ada@example.com").await, sign_in(&client, "bob@example.com").await);
    assert_eq!(status(&client, ada.access_token()).await, 200);
    assert_eq!(server.count("get_user"), 1);
    let mut statuses = Vec::new();
    for number in 0..FLOOD {
        statuses.push(status(&client, &forged("HS256", None, number)).await);
    }
    assert_eq!((server.count("jwks"), server.count("get_user")), (1, 6));
    // The server was not asked about the others, so they are not refused.
    let (refused, unavailable) = statuses.split_at(5);
    assert!(refused.iter().all(|status| *status == 401) && unavailable.iter().all(|status| *status == 503));
    // A user who is known is served during the attack, one who is new has to wait.
    assert_eq!(status(&client, ada.access_token()).await, 200);
    let error = client.jwt_verifier().verify(bob.access_token()).await.unwrap_err();
    assert!(matches!(error, Error::VerificationLimit { .. }) && error.is_retryable(), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    clock.advance(Duration::from_secs(30));
    assert_eq!(status(&client, bob.access_token()).await, 200);
    // A service that has the secret is not affected at all.
    let requests = server.count("get_user");
    let verifier = client.jwt_verifier().hs256_secret(server.hs256_secret());
    for number in 0..100 {
        let forged = forged("HS256", None, FLOOD + number);
        assert_eq!(refusal(verifier.verify(&forged).await), TokenError::BadSignature);
    }
    verifier.verify(bob.access_token()).await.unwrap();
    assert_eq!(server.count("get_user"), requests);
}

#[tokio::test]
async fn a_forged_token_is_shown_to_the_server_once() {
    let (server, client, clock) = fake(true).await;
    let token = forged("HS256", None, 1);
    for round in 1..=3 {
        for _ in 0..FLOOD / 10 {
            assert_eq!(status(&client, &token).await, 401);
        }
        assert_eq!(server.count("get_user"), round);
        clock.advance(Duration::from_secs(30));
    }
}

#[tokio::test]
async fn a_token_of_a_session_that_is_over_is_shown_to_the_server_once() {
    let (server, client, _) = fake(true).await;
    let session = sign_in(&client, "ada@example.com").await;
    client.user(session.access_token()).sign_out(SignOutScope::Local).await.unwrap();
    for _ in 0..100 {
        assert_eq!(status(&client, session.access_token()).await, 401);
    }
    assert_eq!(server.count("get_user"), 1);
    // Other users are not affected.
    let other = sign_in(&client, "bob@example.com").await;
    assert_eq!(status(&client, other.access_token()).await, 200);
    // It is signed, so it is not counted as forged.
    for number in 0..5 {
        assert_eq!(status(&client, &forged("HS256", None, number)).await, 401);
    }
}

#[tokio::test]
async fn concurrent_tokens_share_the_limit() {
    let server = KeyServer::start(&[]).await;
    let tokens: Vec<_> = (0..1000).map(|number| forged("HS256", None, number)).collect();
    let verifier = server.client.jwt_verifier();
    let results = join_all(tokens.iter().map(|token| verifier.verify(token))).await;
    let refused = results.iter().filter(|result| result.as_ref().unwrap_err().token().is_some()).count();
    assert_eq!((refused, server.user_requests().await), (5, 5));
}

#[tokio::test]
async fn callers_that_go_away_share_the_limit() {
    let server = KeyServer::start(&[]).await;
    let verifier = server.client.jwt_verifier();
    // The keys are there.
    refusal(verifier.verify(&forged("HS256", None, 0)).await);
    for number in 1..1000 {
        let token = forged("HS256", None, number);
        let mut caller = Box::pin(verifier.verify(&token));
        // Far enough that the request is sent.
        let _ = caller.as_mut().now_or_never();
        tokio::task::yield_now().await;
    }
    while !matches!(verifier.verify(&forged("HS256", None, 1001)).await, Err(Error::VerificationLimit { .. })) {}
    assert_eq!(server.user_requests().await, 5);
}

#[tokio::test]
async fn good_tokens_are_not_limited() {
    let server = KeyServer::start(&[]).await;
    server.answer_user(ResponseTemplate::new(200).set_body_json(json!({ "id": SUB })));
    let signer = Signer::shared(SECRET.as_bytes());
    let tokens: Vec<_> = (0..200).map(|number| signer.sign(&claims_with(&json!({ "jti": number })))).collect();
    let verifier = server.client.jwt_verifier();
    for result in join_all(tokens.iter().map(|token| verifier.verify(token))).await {
        result.unwrap();
    }
    assert_eq!((server.user_requests().await, server.key_requests().await), (200, 1));
}

#[tokio::test]
async fn callers_that_wait_when_the_window_ends_go_on_in_the_next() {
    let server = KeyServer::start(&[]).await;
    let signer = Signer::shared(SECRET.as_bytes());
    let tokens: Vec<_> = (0..20).map(|number| signer.sign(&claims_with(&json!({ "jti": number })))).collect();
    let verifier = server.client.jwt_verifier();
    refusal(verifier.verify(&forged("HS256", None, 0)).await);
    let mut callers: Vec<_> = tokens.iter().map(|token| Box::pin(verifier.verify(token))).collect();
    for caller in &mut callers {
        assert!(caller.as_mut().now_or_never().is_none());
    }
    server.answer_user(ResponseTemplate::new(200).set_body_json(json!({ "id": SUB })));
    server.advance(30);
    for result in join_all(callers).await {
        result.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_fails_is_left_alone() {
    let signer = Signer::shared(SECRET.as_bytes());
    for (failure, pause) in [
        (ResponseTemplate::new(503), 1),
        (ResponseTemplate::new(429).insert_header("retry-after", "0"), 1),
        (ResponseTemplate::new(429).insert_header("retry-after", "10"), 10),
        (ResponseTemplate::new(401).set_body_json(json!({ "message": "Invalid API key" })), 30),
        (ResponseTemplate::new(404), 30),
        (ResponseTemplate::new(200).set_body_string("<html>"), 1),
    ] {
        let server = KeyServer::start(&[]).await;
        let verifier = server.client.jwt_verifier();
        server.answer_user(failure.clone());
        for round in 1..=3 {
            for number in 0..100 {
                let error = verifier.verify(&forged("HS256", None, number)).await.unwrap_err();
                assert!(error.token().is_none(), "{error}");
            }
            assert_eq!(server.user_requests().await, round, "{failure:?}");
            server.advance(pause);
        }
        // It is asked again when the failure is over.
        server.answer_user(ResponseTemplate::new(200).set_body_json(json!({ "id": SUB })));
        verifier.verify(&signer.sign(&claims())).await.unwrap();
    }
}

#[tokio::test]
async fn concurrent_tokens_share_a_failure() {
    let server = KeyServer::start(&[]).await;
    server.answer_user(ResponseTemplate::new(503));
    let tokens: Vec<_> = (0..1000).map(|number| forged("HS256", None, number)).collect();
    let verifier = server.client.jwt_verifier();
    for result in join_all(tokens.iter().map(|token| verifier.verify(token))).await {
        assert!(result.unwrap_err().is_retryable());
    }
    assert!(server.user_requests().await <= 5);
}

#[tokio::test]
async fn a_server_without_a_key_endpoint_has_no_key() {
    let server = KeyServer::start(&[]).await;
    server.fail(404);
    server.answer_user(ResponseTemplate::new(200).set_body_json(json!({ "id": SUB })));
    let token = Signer::shared(SECRET.as_bytes()).sign(&claims());
    for _ in 0..10 {
        server.client.jwt_verifier().verify(&token).await.unwrap();
    }
    assert_eq!(server.key_requests().await, 1);
    // A failure does not tell whether there is a key.
    for status in [500, 503, 401] {
        server.fail(status);
        let client = server.new_client();
        let before = (server.key_requests().await, server.user_requests().await);
        for _ in 0..10 {
            let error = client.jwt_verifier().verify(&token).await.unwrap_err();
            assert_eq!(error.status().unwrap().as_u16(), status);
        }
        assert_eq!((server.key_requests().await, server.user_requests().await), (before.0 + 1, before.1));
    }
}
