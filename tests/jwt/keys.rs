//! The key cache: how often keys are fetched, and what happens if the server does not respond.

use std::{pin::pin, time::Duration};

use futures::{
    FutureExt,
    future::{join_all, try_join_all},
};
use gotrue::{Client, Password, SignUp, error::TokenError};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{Signer, claims, claims_with},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_use_sends_one_request() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let tasks = (0..200).map(|_| {
        // Verifiers of cloned clients share the keys.
        let (verifier, token) = (server.client.clone().jwt_verifier(), token.clone());
        tokio::spawn(async move { verifier.verify(&token).await.unwrap() })
    });
    try_join_all(tasks).await.unwrap();
    assert_eq!(server.key_requests().await, 1);
}

#[tokio::test]
async fn many_unknown_keys_cause_one_request_per_cooldown() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let verifier = server.verifier();
    for round in 1..=3 {
        let tokens: Vec<_> = (0..1000)
            .map(|number| json!({ "alg": "ES256", "kid": format!("{round}-{number}") }))
            .map(|header| signer.sign_with(&header, &claims()))
            .collect();
        let (at_once, in_turn) = tokens.split_at(500);
        for result in join_all(at_once.iter().map(|token| verifier.verify(token))).await {
            assert_eq!(refusal(result), TokenError::UnknownKey);
        }
        for token in in_turn {
            assert_eq!(refusal(verifier.verify(token).await), TokenError::UnknownKey);
        }
        assert_eq!(server.key_requests().await, round);
        server.advance(29);
        assert_eq!(refusal(verifier.verify(&tokens[0]).await), TokenError::UnknownKey);
        assert_eq!(server.key_requests().await, round);
        server.advance(1);
    }
}

#[tokio::test]
async fn keys_are_fetched_again_after_their_lifetime() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let verifier = server.verifier();
    for (wait, requests) in [(0, 1), (599, 1), (1, 2), (0, 2), (600, 3)] {
        server.advance(wait);
        verifier.verify(&token).await.unwrap();
        assert_eq!(server.key_requests().await, requests);
    }
    // The wall clock does not affect it.
    server.clock.set(gotrue::Clock::now(&server.clock) - gotrue::chrono::Duration::days(1));
    verifier.clone().key_ttl(Duration::from_secs(60)).verify(&token).await.unwrap();
    assert_eq!(server.key_requests().await, 3);
    server.advance(60);
    verifier.key_ttl(Duration::from_secs(60)).verify(&token).await.unwrap();
    assert_eq!(server.key_requests().await, 4);
}

#[tokio::test]
async fn a_server_that_rotates_its_keys() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let sign_in = || client.sign_in(Password::email("ada@example.com", "correct-horse-7"));
    let verifier = client.jwt_verifier();
    let first = sign_in().await.unwrap();
    verifier.verify(first.access_token()).await.unwrap();

    server.rotate_keys();
    let second = sign_in().await.unwrap();
    assert_eq!(client.jwks().await.unwrap().keys.len(), 2);
    // The new key is known after the cooldown; the old one stays valid.
    assert_eq!(refusal(verifier.verify(second.access_token()).await), TokenError::UnknownKey);
    clock.advance(Duration::from_secs(30));
    verifier.verify(second.access_token()).await.unwrap();
    verifier.verify(first.access_token()).await.unwrap();
    client.user(first.access_token()).get().await.unwrap();

    server.retire_keys();
    assert_eq!(client.jwks().await.unwrap().keys.len(), 1);
    clock.advance(Duration::from_secs(600));
    verifier.verify(second.access_token()).await.unwrap();
    assert_eq!(refusal(verifier.verify(first.access_token()).await), TokenError::UnknownKey);
    assert!(client.user(first.access_token()).get().await.is_err());
    // More often than the cache holds keys.
    for _ in 0..5 {
        server.rotate_keys();
        clock.advance(Duration::from_secs(30));
        verifier.verify(sign_in().await.unwrap().access_token()).await.unwrap();
    }
}

#[tokio::test]
async fn old_keys_are_used_while_the_server_is_down() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let (token, unknown) = (signer.sign(&claims()), Signer::other_ec("two").sign(&claims()));
    let verifier = server.verifier();
    verifier.verify(&token).await.unwrap();
    server.advance(600);
    server.fail(503);
    for _ in 0..10 {
        verifier.verify(&token).await.unwrap();
    }
    // A failure is cached for a second.
    assert_eq!(server.key_requests().await, 2);
    server.advance(1);
    verifier.verify(&token).await.unwrap();
    assert_eq!(server.key_requests().await, 3);
    // A token with an unknown key can be neither accepted nor rejected now.
    let error = verifier.verify(&unknown).await.unwrap_err();
    assert!(error.is_retryable() && error.token().is_none(), "{error}");
    assert_eq!(server.key_requests().await, 3);
    // A changed token is rejected as before.
    let changed = Signer::other_ec("one").sign(&claims());
    assert_eq!(refusal(verifier.verify(&changed).await), TokenError::BadSignature);

    server.publish(&[&signer, &Signer::other_ec("two")]);
    server.advance(1);
    verifier.verify(&unknown).await.unwrap();
    assert_eq!(server.key_requests().await, 4);
}

#[tokio::test]
async fn a_retry_after_of_the_server_is_respected() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    for (retry_after, waits) in [("10", 10), ("86400", 30)] {
        server.answer(ResponseTemplate::new(429).insert_header("retry-after", retry_after));
        let before = server.key_requests().await;
        assert!(server.verifier().verify(&token).await.unwrap_err().is_retryable());
        server.advance(waits - 1);
        assert!(server.verifier().verify(&token).await.unwrap_err().is_retryable());
        assert_eq!(server.key_requests().await, before + 1);
        server.advance(1);
        assert!(server.verifier().verify(&token).await.is_err());
        assert_eq!(server.key_requests().await, before + 2);
        server.advance(waits);
    }
}

#[tokio::test]
async fn a_failing_server_has_not_rejected_the_token() {
    let signer = Signer::ec("one");
    let token = signer.sign(&claims());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client =
        Client::builder().base_url(format!("http://{nobody}")).clock(ManualClock::new()).retries(0).build().unwrap();
    let error = client.jwt_verifier().verify(&token).await.unwrap_err();
    assert!(error.is_retryable() && error.token().is_none(), "{error}");

    // A permanent error does not extend the lifetime of old keys.
    let server = KeyServer::start(&[&signer]).await;
    server.verifier().verify(&token).await.unwrap();
    server.advance(600);
    server.fail(404);
    let error = server.verifier().verify(&token).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404);
    assert!(!error.is_retryable() && error.token().is_none());
}

#[tokio::test]
async fn unknown_keys_fail_only_if_the_server_fails() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let verifier = server.verifier();
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    server.advance(30);
    server.fail(500);
    let tokens: Vec<_> =
        (0..100).map(|n| signer.sign_with(&json!({ "alg": "ES256", "kid": n.to_string() }), &claims())).collect();
    for result in join_all(tokens.iter().map(|token| verifier.verify(token))).await {
        assert!(result.unwrap_err().is_retryable());
    }
    assert_eq!(server.key_requests().await, 2);
    // Other tokens are not affected.
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    server.publish(&[&signer]);
    server.advance(1);
    assert_eq!(refusal(verifier.verify(&tokens[0]).await), TokenError::UnknownKey);
    assert_eq!(server.key_requests().await, 3);
}

#[tokio::test]
async fn a_dropped_caller_does_not_cancel_the_fetch() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let verifier = server.verifier();
    let mut gone = Box::pin(verifier.verify(&token));
    let mut asleep = pin!(verifier.verify(&token));
    assert!(gone.as_mut().now_or_never().is_none() && asleep.as_mut().now_or_never().is_none());
    let mut waiting = Box::pin(verifier.verify(&token));
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(gone);
    waiting.await.unwrap();
    asleep.await.unwrap();
    assert_eq!(server.key_requests().await, 1);
}

#[tokio::test]
async fn an_idle_caller_does_not_block_the_fetch() {
    let (signer, other) = (Signer::ec("one"), Signer::other_ec("two"));
    let server = KeyServer::start(&[&signer]).await;
    // Valid for a day.
    let tomorrow = json!({ "exp": 1_767_312_000 });
    let (token, new) = (signer.sign(&claims_with(&tomorrow)), other.sign(&claims_with(&tomorrow)));
    let verifier = server.verifier();
    verifier.verify(&token).await.unwrap();
    server.publish(&[&signer, &other]);
    server.advance(600);
    let mut asleep = pin!(verifier.verify(&token));
    assert!(asleep.as_mut().now_or_never().is_none());
    // Old keys are used at once, and their callers poll the fetch.
    let at_once = verifier.verify(&token).now_or_never();
    at_once.expect("no waiting").unwrap();
    verifier.verify(&new).await.unwrap();
    // The idle caller does not hold on to the fetched keys.
    for _ in 0..3 {
        server.advance(600);
        verifier.verify(&new).await.unwrap();
    }
    assert_eq!(server.key_requests().await, 5);
    asleep.await.unwrap();
    assert_eq!(server.key_requests().await, 5);
}

#[tokio::test]
async fn callers_with_old_keys_poll_the_fetch() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let verifier = server.verifier();
    verifier.verify(&token).await.unwrap();
    server.publish(&[&Signer::other_ec("two")]);
    server.advance(600);
    // The caller that has started the fetch is never polled again.
    let mut asleep = pin!(verifier.verify(&token));
    assert!(asleep.as_mut().now_or_never().is_none());
    let until_the_key_is_gone = async {
        while verifier.verify(&token).now_or_never().expect("no waiting").is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until_the_key_is_gone).await.unwrap();
    assert_eq!(server.key_requests().await, 2);
}

#[tokio::test]
async fn abandoned_fetches_do_not_cause_a_storm() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let verifier = server.verifier();
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    server.advance(30);
    let unknown = signer.sign_with(&json!({ "alg": "ES256", "kid": "two" }), &claims());
    assert!(verifier.verify(&unknown).now_or_never().is_none());
    // Abandoned. The existing keys are used for a second.
    assert_eq!(refusal(verifier.verify(&unknown).now_or_never().expect("no request")), TokenError::UnknownKey);
    server.publish(&[&signer, &Signer::other_ec("three")]);
    server.advance(1);
    verifier.verify(&Signer::other_ec("three").sign(&claims())).await.unwrap();
}
