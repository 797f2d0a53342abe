//! Requests for keys: how many there are, and who waits for them.

use std::time::Duration;

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
    signer::{Signer, claims},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_use_sends_one_request() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let tasks = (0..200).map(|_| {
        // Verifiers of clones of a client share the keys.
        let (verifier, token) = (server.client.clone().jwt_verifier(), token.clone());
        tokio::spawn(async move { verifier.verify(&token).await.unwrap() })
    });
    try_join_all(tasks).await.unwrap();
    assert_eq!(server.key_requests().await, 1);
}

#[tokio::test]
async fn unknown_keys_send_one_request_per_cooldown() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let verifier = server.verifier();
    for round in 1..=3 {
        let tokens: Vec<_> = (0..1000)
            .map(|number| json!({ "alg": "ES256", "kid": format!("{round}-{number}") }))
            .map(|header| signer.sign_with(&header, &claims()))
            .collect();
        let (concurrent, sequential) = tokens.split_at(500);
        for result in join_all(concurrent.iter().map(|token| verifier.verify(token))).await {
            assert_eq!(refusal(result), TokenError::UnknownKey);
        }
        for token in sequential {
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
async fn keys_are_renewed_after_their_ttl() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let verifier = server.verifier();
    for (wait, requests, is_renewed) in [(0, 1, false), (599, 1, false), (1, 2, true), (0, 2, false), (600, 3, true)] {
        server.advance(wait);
        verifier.verify(&token).await.unwrap();
        if is_renewed {
            // In the background.
            server.settle(&verifier).await;
        }
        assert_eq!(server.key_requests().await, requests);
    }
    // The wall clock does not matter.
    server.clock.set(gotrue::Clock::now(&server.clock) - gotrue::chrono::Duration::days(1));
    let verifier = verifier.key_ttl(Duration::from_secs(60));
    verifier.verify(&token).await.unwrap();
    assert_eq!(server.key_requests().await, 3);
    server.advance(60);
    verifier.verify(&token).await.unwrap();
    server.settle(&verifier).await;
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
    // The new key is unknown until the cooldown is over; the old one stays valid.
    assert_eq!(refusal(verifier.verify(second.access_token()).await), TokenError::UnknownKey);
    clock.advance(Duration::from_secs(30));
    verifier.verify(second.access_token()).await.unwrap();
    verifier.verify(first.access_token()).await.unwrap();
    client.user(first.access_token()).get().await.unwrap();

    server.retire_keys();
    assert_eq!(client.jwks().await.unwrap().keys.len(), 1);
    clock.advance(Duration::from_secs(600));
    // The first token that is verified after the TTL starts the renewal; the unknown one waits for it.
    verifier.verify(second.access_token()).await.unwrap();
    let third = Signer::ec("unknown").sign(&claims());
    assert_eq!(refusal(verifier.verify(&third).await), TokenError::UnknownKey);
    assert_eq!(refusal(verifier.verify(first.access_token()).await), TokenError::UnknownKey);
    assert!(client.user(first.access_token()).get().await.is_err());
    // The fake server has four keys and then starts over.
    for _ in 0..5 {
        server.rotate_keys();
        clock.advance(Duration::from_secs(30));
        verifier.verify(sign_in().await.unwrap().access_token()).await.unwrap();
    }
}

#[tokio::test]
async fn retry_after_is_respected_up_to_the_cooldown() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    for (retry_after, waits) in [("10", 10), ("86400", 30), ("0", 1), ("-5", 1), ("Thu, 01 Jan 2026 00:00:00 GMT", 1)] {
        server.answer(ResponseTemplate::new(429).insert_header("retry-after", retry_after));
        let before = server.key_requests().await;
        for _ in 0..100 {
            assert!(server.verifier().verify(&token).await.unwrap_err().is_retryable());
        }
        server.advance(waits - 1);
        assert!(server.verifier().verify(&token).await.unwrap_err().is_retryable());
        assert_eq!(server.key_requests().await, before + 1, "{retry_after}");
        server.advance(1);
        assert!(server.verifier().verify(&token).await.is_err());
        assert_eq!(server.key_requests().await, before + 2, "{retry_after}");
        server.advance(waits);
    }
}

#[tokio::test]
async fn a_failed_request_is_not_a_refusal() {
    let signer = Signer::ec("one");
    let token = signer.sign(&claims());
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client =
        Client::builder().base_url(format!("http://{unused}")).clock(ManualClock::new()).retries(0).build().unwrap();
    let error = client.jwt_verifier().verify(&token).await.unwrap_err();
    assert!(error.is_retryable() && error.token().is_none(), "{error}");
}

#[tokio::test]
async fn unknown_keys_fail_with_the_request() {
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
    // Tokens with a known key are not affected.
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    server.publish(&[&signer]);
    server.advance(1);
    assert_eq!(refusal(verifier.verify(&tokens[0]).await), TokenError::UnknownKey);
    assert_eq!(server.key_requests().await, 3);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_the_request() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let verifier = server.verifier();
    let mut dropped = Box::pin(verifier.verify(&token));
    let mut idle = Box::pin(verifier.verify(&token));
    assert!(dropped.as_mut().now_or_never().is_none() && idle.as_mut().now_or_never().is_none());
    let mut waiting = Box::pin(verifier.verify(&token));
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(dropped);
    waiting.await.unwrap();
    idle.await.unwrap();
    assert_eq!(server.key_requests().await, 1);
}

#[tokio::test]
async fn requests_that_all_callers_give_up_are_still_used() {
    let (signer, other) = (Signer::ec("one"), Signer::other_ec("two"));
    let server = KeyServer::start(&[&signer]).await;
    let verifier = server.verifier();
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    server.publish(&[&signer, &other]);
    server.advance(30);
    for _ in 0..100 {
        // Dropped as soon as it waits.
        assert!(verifier.verify(&other.sign(&claims())).now_or_never().is_none());
    }
    verifier.verify(&other.sign(&claims())).await.unwrap();
    assert_eq!(server.key_requests().await, 2);
}

#[test]
fn a_request_ends_with_the_runtime_that_sent_it() {
    let (signer, other) = (Signer::ec("one"), Signer::other_ec("two"));
    let serving = tokio::runtime::Runtime::new().unwrap();
    let server = serving.block_on(KeyServer::start(&[&signer]));
    let verifier = server.verifier();
    let short = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let token = other.sign(&claims());
    short.block_on(async { assert!(verifier.verify(&token).now_or_never().is_none()) });
    drop(short);
    // The next runtime sends its own.
    let next = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    next.block_on(async { verifier.verify(&signer.sign(&claims())).await.unwrap() });
}

#[test]
fn there_is_no_request_without_a_runtime() {
    let client = Client::builder().base_url("http://127.0.0.1:1").build().unwrap();
    let error = client.jwt_verifier().verify(&Signer::ec("one").sign(&claims())).now_or_never().unwrap().unwrap_err();
    assert!(error.token().is_none(), "{error}");
}
