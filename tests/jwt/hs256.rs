//! Tokens of servers that sign with a shared secret.

use std::time::Duration;

use gotrue::{Clock, Error, ErrorCode, Password, SignOutScope, SignUp, error::TokenError};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{SECRET, SUB, Signer, claims, claims_with},
};

#[tokio::test]
async fn the_secret_verifies_without_a_request() {
    let server = KeyServer::start(&[]).await;
    let verifier = server.client.jwt_verifier().hs256_secret(SECRET);
    let signer = Signer::shared(SECRET.as_bytes());
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    verifier.verify(&signer.sign_with(&json!({ "alg": "HS256", "kid": "any" }), &claims())).await.unwrap();
    let forged = Signer::shared(b"another secret").sign(&claims());
    assert_eq!(refusal(verifier.verify(&forged).await), TokenError::BadSignature);
    let expired = signer.sign(&claims_with(&json!({ "exp": 1 })));
    assert!(matches!(refusal(verifier.verify(&expired).await), TokenError::Expired(_)));
    assert_eq!((server.key_requests().await, server.user_requests().await), (0, 0));
    assert!(!format!("{verifier:?}").contains(SECRET));
}

#[tokio::test]
async fn an_empty_secret_verifies_nothing() {
    let server = KeyServer::start(&[]).await;
    let token = Signer::shared(b"").sign(&claims());
    let error = server.client.jwt_verifier().hs256_secret("").verify(&token).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { what: "HS256 secret", .. }), "{error}");
}

#[tokio::test]
async fn a_secret_does_not_replace_the_keys() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let verifier = server.client.jwt_verifier().hs256_secret(SECRET);
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    let renamed = Signer::shared(SECRET.as_bytes()).sign_with(&signer.header(), &claims());
    assert_eq!(refusal(verifier.verify(&renamed).await), TokenError::BadSignature);
}

#[tokio::test]
async fn the_server_is_asked_each_time() {
    let server = KeyServer::start(&[]).await;
    let verifier = server.client.jwt_verifier().audience("authenticated");
    let token = Signer::shared(SECRET.as_bytes()).sign(&claims());
    server.answer_user(ResponseTemplate::new(200).set_body_json(json!({ "id": SUB })));
    for _ in 0..2 {
        assert_eq!(verifier.verify(&token).await.unwrap().sub.to_string(), SUB);
    }
    // One request for keys, which was none formerly: only a server that publishes no key is asked.
    assert_eq!((server.key_requests().await, server.user_requests().await), (1, 2));

    // The response must be about the same user.
    let other = json!({ "id": "e54277a4-f9af-4bfa-9326-e2f08acdb314" });
    server.answer_user(ResponseTemplate::new(200).set_body_json(other));
    assert_eq!(refusal(verifier.verify(&token).await), TokenError::BadSignature);
    // A token that is refused in any case is not shown to the server.
    let asked = server.user_requests().await;
    for changes in [json!({ "exp": 1 }), json!({ "nbf": 1_767_229_000 }), json!({ "aud": "x" }), json!({ "sub": "" })] {
        let token = Signer::shared(SECRET.as_bytes()).sign(&claims_with(&changes));
        refusal(verifier.verify(&token).await);
    }
    assert_eq!(server.user_requests().await, asked);
    // A failing server has not refused the token.
    server.answer_user(ResponseTemplate::new(503));
    let error = verifier.verify(&token).await.unwrap_err();
    assert!(error.is_retryable() && error.token().is_none(), "{error}");
    let refused = verifier.ask_server_for_hs256(false).verify(&token).await;
    assert_eq!(refusal(refused), TokenError::AlgorithmNotAllowed);
}

/// The server has no leeway. A token that expires meanwhile is one for which to get a new one, not a forged one.
#[tokio::test]
async fn a_token_that_has_just_expired_is_not_forged() {
    let server = KeyServer::start(&[]).await;
    let asking = server.client.jwt_verifier();
    let knowing = server.client.jwt_verifier().hs256_secret(SECRET).check_session(Duration::ZERO);
    let signer = Signer::shared(SECRET.as_bytes());
    let token = |seconds: i64| signer.sign(&claims_with(&json!({ "exp": server.clock.now().timestamp() + seconds })));
    for verifier in [&asking, &knowing] {
        let asked = server.user_requests().await;
        for seconds in [0, -1, -9] {
            assert!(matches!(refusal(verifier.verify(&token(seconds)).await), TokenError::Expired(_)), "{seconds}");
        }
        assert_eq!(server.user_requests().await, asked);
        // It expires by the clock of the server, or during the request.
        assert!(matches!(refusal(verifier.verify(&token(1)).await), TokenError::Expired(_)));
        assert_eq!(server.user_requests().await, asked + 1);
        let error = verifier.verify(&token(60)).await.unwrap_err();
        assert!(!matches!(error.token(), Some(TokenError::Expired(_))), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_verifies_is_not_asked_about_the_session_as_well() {
    let server = KeyServer::start(&[]).await;
    let token = Signer::shared(SECRET.as_bytes()).sign(&claims());
    server.answer_user(ResponseTemplate::new(200).set_body_json(json!({ "id": SUB })));
    let verifier = server.client.jwt_verifier().check_session(Duration::from_secs(10));
    verifier.verify(&token).await.unwrap();
    assert_eq!(server.user_requests().await, 1);
    // With the secret, only the check of the session asks.
    verifier.hs256_secret(SECRET).verify(&token).await.unwrap();
    assert_eq!(server.user_requests().await, 2);
}

#[tokio::test]
async fn a_fake_server_with_a_shared_secret() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().hs256(true).clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock).build().unwrap();
    assert!(client.jwks().await.unwrap().keys.is_empty());
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let session = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let token = session.access_token();
    let asking = client.jwt_verifier();
    let knowing = client.jwt_verifier().hs256_secret(server.hs256_secret());
    // A shared secret is not rotated.
    server.rotate_keys();
    server.retire_keys();
    for verifier in [&asking, &knowing] {
        assert_eq!(verifier.verify(token).await.unwrap().sub, session.user().id);
    }
    let forged = Signer::shared(SECRET.as_bytes()).sign(&claims());
    assert_eq!(refusal(asking.verify(&forged).await), TokenError::BadSignature);
    // Only the server knows that the session has ended.
    client.user(token).sign_out(SignOutScope::Local).await.unwrap();
    knowing.verify(token).await.unwrap();
    let over = asking.verify(token).await.unwrap_err();
    assert!(over.ends_session() && over.code() == Some(&ErrorCode::SessionNotFound), "{over}");
}
