//! How often the server is asked for its keys, and what happens when it does not answer.

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
        // A verifier each, of a client each: they share the keys.
        let (verifier, token) = (server.client.clone().jwt_verifier(), token.clone());
        tokio::spawn(async move { verifier.verify(&token).await.unwrap() })
    });
    try_join_all(tasks).await.unwrap();
    assert_eq!(server.key_requests().await, 1);
}

#[tokio::test]
async fn a_storm_of_unknown_keys_sends_one_request_in_a_cooldown() {
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
async fn keys_are_fetched_anew_after_their_time() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let verifier = server.verifier();
    for (wait, requests) in [(0, 1), (599, 1), (1, 2), (0, 2), (600, 3)] {
        server.advance(wait);
        verifier.verify(&token).await.unwrap();
        assert_eq!(server.key_requests().await, requests);
    }
    // What people call the time has nothing to do with it.
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
    // It takes as long as the cool-down until the new key is known; the old one stays good.
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
    // More often than there are keys in store.
    for _ in 0..5 {
        server.rotate_keys();
        clock.advance(Duration::from_secs(30));
        verifier.verify(sign_in().await.unwrap().access_token()).await.unwrap();
    }
}

#[tokio::test]
async fn old_keys_do_when_the_server_is_down() {
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
    // A failure counts for a second.
    assert_eq!(server.key_requests().await, 2);
    server.advance(1);
    verifier.verify(&token).await.unwrap();
    assert_eq!(server.key_requests().await, 3);
    // Of a key that nobody knows nothing can be said now.
    let error = verifier.verify(&unknown).await.unwrap_err();
    assert!(error.is_retryable() && error.token().is_none(), "{error}");
    assert_eq!(server.key_requests().await, 3);
    // A changed token stays a changed token.
    let changed = Signer::other_ec("one").sign(&claims());
    assert_eq!(refusal(verifier.verify(&changed).await), TokenError::BadSignature);

    server.publish(&[&signer, &Signer::other_ec("two")]);
    server.advance(1);
    verifier.verify(&unknown).await.unwrap();
    assert_eq!(server.key_requests().await, 4);
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_is() {
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
async fn a_server_that_cannot_say_has_not_refused_the_token() {
    let signer = Signer::ec("one");
    let token = signer.sign(&claims());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client =
        Client::builder().base_url(format!("http://{nobody}")).clock(ManualClock::new()).retries(0).build().unwrap();
    let error = client.jwt_verifier().verify(&token).await.unwrap_err();
    assert!(error.is_retryable() && error.token().is_none(), "{error}");

    // What will not be better tomorrow does not make old keys good.
    let server = KeyServer::start(&[&signer]).await;
    server.verifier().verify(&token).await.unwrap();
    server.advance(600);
    server.fail(404);
    let error = server.verifier().verify(&token).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404);
    assert!(!error.is_retryable() && error.token().is_none());
}

#[tokio::test]
async fn unknown_keys_fail_with_the_server_and_not_before() {
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
    // The others do not notice.
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    server.publish(&[&signer]);
    server.advance(1);
    assert_eq!(refusal(verifier.verify(&tokens[0]).await), TokenError::UnknownKey);
    assert_eq!(server.key_requests().await, 3);
}

#[tokio::test]
async fn whoever_stops_waiting_stops_nobody_else() {
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
async fn whoever_sleeps_while_keys_are_fetched_holds_nobody_up() {
    let (signer, other) = (Signer::ec("one"), Signer::other_ec("two"));
    let server = KeyServer::start(&[&signer]).await;
    // Good for a day.
    let tomorrow = json!({ "exp": 1_767_312_000 });
    let (token, new) = (signer.sign(&claims_with(&tomorrow)), other.sign(&claims_with(&tomorrow)));
    let verifier = server.verifier();
    verifier.verify(&token).await.unwrap();
    server.publish(&[&signer, &other]);
    server.advance(600);
    let mut asleep = pin!(verifier.verify(&token));
    assert!(asleep.as_mut().now_or_never().is_none());
    // Old keys do at once, and whoever goes on with them drives the request on.
    let at_once = verifier.verify(&token).now_or_never();
    at_once.expect("no waiting").unwrap();
    verifier.verify(&new).await.unwrap();
    // The sleeper cannot hold on to what it fetched.
    for _ in 0..3 {
        server.advance(600);
        verifier.verify(&new).await.unwrap();
    }
    assert_eq!(server.key_requests().await, 5);
    asleep.await.unwrap();
    assert_eq!(server.key_requests().await, 5);
}

#[tokio::test]
async fn whoever_goes_on_with_old_keys_drives_the_request_on() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims());
    let verifier = server.verifier();
    verifier.verify(&token).await.unwrap();
    server.publish(&[&Signer::other_ec("two")]);
    server.advance(600);
    // Who has begun sleeps for good.
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
async fn requests_that_everybody_gives_up_are_no_storm() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let verifier = server.verifier();
    verifier.verify(&signer.sign(&claims())).await.unwrap();
    server.advance(30);
    let unknown = signer.sign_with(&json!({ "alg": "ES256", "kid": "two" }), &claims());
    assert!(verifier.verify(&unknown).now_or_never().is_none());
    // Given up. For a second the keys that are there have to do, then not.
    assert_eq!(refusal(verifier.verify(&unknown).now_or_never().expect("no request")), TokenError::UnknownKey);
    server.publish(&[&signer, &Signer::other_ec("three")]);
    server.advance(1);
    verifier.verify(&Signer::other_ec("three").sign(&claims())).await.unwrap();
}
