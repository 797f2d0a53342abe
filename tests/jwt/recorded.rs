//! Tokens that real servers signed, and the key that they published.

use std::{fs, path::Path};

use gotrue::{Claims, JwtVerifier, Secret, error::TokenError};
use serde_json::Value;

use crate::{key_server::KeyServer, refusal};

/// The secret of the recorded servers, which were made for this.
const SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";

pub fn exchanges(directory: &str) -> Vec<Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(directory);
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&fs::read(file).unwrap()).unwrap()).collect()
}

/// Returns the access tokens of a directory.
fn tokens(directory: &str) -> Vec<Secret> {
    let replies = exchanges(directory).into_iter().map(|exchange| exchange["response"]["json"]["access_token"].clone());
    replies.filter_map(|token| token.as_str().filter(|token| token.contains('.')).map(Secret::from)).collect()
}

fn verifier(server: &KeyServer, token: &Secret) -> JwtVerifier {
    server.clock.set(Claims::read_unverified(token).unwrap().iat.unwrap());
    server.verifier().audience("authenticated").hs256_secret(SECRET)
}

#[tokio::test]
async fn every_recorded_token_verifies() {
    let keys = exchanges("recorded").into_iter().find(|exchange| exchange["name"] == "es256").unwrap();
    let server = KeyServer::publishing(keys["response"]["json"]["keys"].as_array().unwrap()).await;
    let (new, old) = (tokens("recorded"), tokens("recorded-2.99"));
    assert!(new.len() > 15 && old.len() > 15, "{} {}", new.len(), old.len());
    for token in new.iter().chain(&old) {
        let claims = verifier(&server, token).verify(token).await.unwrap();
        assert!(claims.session_id.is_some() && !claims.amr.is_empty() && claims.all_custom().is_empty());
    }
    assert_eq!(server.key_requests().await, 1);
    // With one letter of the claims changed.
    for token in new.iter().chain(&old) {
        let (header, rest) = token.expose().split_once('.').unwrap();
        let changed = Secret::from(format!("{header}.{}", rest.replacen("iOi", "iOj", 1)));
        assert_eq!(refusal(verifier(&server, token).verify(&changed).await), TokenError::BadSignature);
    }
}
