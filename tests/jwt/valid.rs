//! Valid tokens, and the checks of times, issuer and audience.

use std::time::Duration;

use gotrue::{Password, SignUp, error::TokenError};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{Signer, claims_with},
};

#[tokio::test]
async fn what_the_fake_server_signs_verifies() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let session = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let claims = client.jwt_verifier().audience("authenticated").verify(session.access_token()).await.unwrap();
    assert_eq!((claims.sub, claims.exp), (session.user().id, session.expires_at()));
    assert_eq!((claims.email.as_deref(), claims.phone.as_deref()), (Some("ada@example.com"), None));
    assert_eq!(claims.amr[0].method, "password");

    clock.advance(Duration::from_secs(3610));
    let expired = refusal(client.jwt_verifier().verify(session.access_token()).await);
    assert_eq!(expired, TokenError::Expired(session.expires_at()));
}

#[tokio::test]
async fn times_are_checked_with_leeway() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims_with(&json!({ "nbf": 1_767_225_660 })));
    let (from, until) = (60, 3600);
    let verifier = server.verifier();
    let strict = server.verifier().leeway(Duration::ZERO);
    let start = gotrue::Clock::now(&server.clock);
    for (second, lax, exact) in [
        (from - 11, false, false),
        (from - 10, true, false),
        (from - 1, true, false),
        (from, true, true),
        (until - 1, true, true),
        (until, true, false),
        (until + 9, true, false),
        (until + 10, false, false),
    ] {
        server.clock.set(start + gotrue::chrono::Duration::seconds(second));
        assert_eq!(verifier.verify(&token).await.is_ok(), lax, "{second}");
        assert_eq!(strict.verify(&token).await.is_ok(), exact, "{second}");
    }
    let expired = refusal(verifier.verify(&token).await);
    assert_eq!(expired.to_string(), "the access token expired at 2026-01-01 01:00:00 UTC");
    server.clock.set(start);
    let early = refusal(verifier.verify(&token).await);
    assert_eq!(early.to_string(), "the access token is not valid before 2026-01-01 00:01:00 UTC");
    // A leeway that no date can represent is unlimited.
    verifier.leeway(Duration::MAX).verify(&token).await.unwrap();
}

#[tokio::test]
async fn issuer_and_audience_are_checked_when_they_are_set() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims_with(&json!({ "iss": "https://auth.example.com" })));
    let silent = signer.sign(&claims_with(&json!({ "aud": null })));
    let several = signer.sign(&claims_with(&json!({ "aud": ["authenticated", "billing"] })));
    let verifier = server.verifier();
    for token in [&token, &silent, &several] {
        verifier.verify(token).await.unwrap();
    }

    let of_issuer = verifier.clone().issuer("https://auth.example.com");
    of_issuer.verify(&token).await.unwrap();
    assert_eq!(refusal(of_issuer.verify(&silent).await), TokenError::WrongIssuer);
    let of_other = verifier.clone().issuer("https://auth.example.com/");
    assert_eq!(refusal(of_other.verify(&token).await), TokenError::WrongIssuer);

    let for_billing = verifier.audience("billing");
    for_billing.verify(&several).await.unwrap();
    assert_eq!(refusal(for_billing.verify(&token).await), TokenError::WrongAudience);
    assert_eq!(refusal(for_billing.verify(&silent).await), TokenError::WrongAudience);
}
