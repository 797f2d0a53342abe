//! Tokens are accepted up to the length that the server accepts.

use gotrue::{Claims, Secret, error::TokenError};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{SECRET, SUB, Signer, claims_with},
};

const MAX: usize = 1024 * 1024;

/// Signs a token of about this length.
fn token(signer: &Signer, length: usize) -> Secret {
    let note = "x".repeat((length - 1500) * 3 / 4);
    signer.sign(&claims_with(&json!({ "user_metadata": { "note": note } })))
}

#[tokio::test]
async fn long_tokens_verify() {
    let signers = [Signer::ec("one"), Signer::rsa("two"), Signer::ed("three"), Signer::p521("four")];
    let server = KeyServer::start(&signers.each_ref()).await;
    for signer in &signers {
        for length in [8 * 1024, 64 * 1024, 120_000, 256 * 1024, MAX] {
            let token = token(signer, length);
            assert!(token.expose().len() <= MAX && token.expose().len() > length - 2000);
            let claims = server.verifier().verify(&token).await.unwrap();
            assert!(claims.user_metadata["note"].as_str().unwrap().len() > length / 2);
            Claims::read_unverified(&token).unwrap();
        }
        let why = refusal(server.verifier().verify(&token(signer, MAX + 4096)).await);
        assert_eq!(why, TokenError::Malformed("expected at most 1 MiB"));
    }
}

#[tokio::test]
async fn long_tokens_verify_with_a_shared_secret() {
    let server = KeyServer::start(&[]).await;
    let token = token(&Signer::shared(SECRET.as_bytes()), 120_000);
    server.verifier().hs256_secret(SECRET).verify(&token).await.unwrap();
    server.answer_user(ResponseTemplate::new(200).set_body_json(json!({ "id": SUB })));
    server.client.jwt_verifier().verify(&token).await.unwrap();
}

#[tokio::test]
async fn the_length_is_exact() {
    let server = KeyServer::start(&[]).await;
    let of_length = |length: usize| Secret::from(format!("e30.e30.{}", "A".repeat(length - 8)));
    let too_long = TokenError::Malformed("expected at most 1 MiB");
    assert_ne!(refusal(server.verifier().verify(&of_length(MAX)).await), too_long);
    assert_eq!(refusal(server.verifier().verify(&of_length(MAX + 1)).await), too_long);
}
