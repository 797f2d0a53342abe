//! Every algorithm with which the server can sign is verified, and no other.

use gotrue::{error::TokenError, types::AssuranceLevel};
use serde_json::json;

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{SUB, Signer, claims},
};

fn all() -> [Signer; 5] {
    [Signer::ec("es256"), Signer::p521("es512"), Signer::rsa("rs256"), Signer::rsa512("rs512"), Signer::ed("eddsa")]
}

#[tokio::test]
async fn each_algorithm_of_a_key_set_verifies() {
    let signers = all();
    let server = KeyServer::start(&signers.each_ref()).await;
    for signer in &signers {
        let claims = server.verifier().verify(&signer.sign(&claims())).await.unwrap();
        assert_eq!((claims.sub.to_string().as_str(), &claims.aal), (SUB, &Some(AssuranceLevel::Aal1)));
    }
    assert_eq!(server.key_requests().await, 1);
}

#[tokio::test]
async fn a_key_without_alg_has_the_usual_one() {
    for (signer, verifies) in all().iter().zip([true, true, true, false, true]) {
        let mut jwk = signer.published();
        jwk.as_object_mut().unwrap().remove("alg");
        let server = KeyServer::publishing(&[jwk]).await;
        let result = server.verifier().verify(&signer.sign(&claims())).await;
        if verifies {
            result.unwrap();
        } else {
            // An RSA key is for RS256 then: a key has one algorithm (RFC 8725, section 3.1).
            assert_eq!(refusal(result), TokenError::AlgorithmNotAllowed);
        }
    }
}

#[tokio::test]
async fn a_key_is_for_its_own_algorithm() {
    let signers = all();
    let server = KeyServer::start(&signers.each_ref()).await;
    for signer in &signers {
        for other in signers.iter().filter(|other| other.id != signer.id) {
            // The key id of one key with the algorithm of another.
            let mut header = signer.header();
            header["kid"] = json!(other.id);
            let token = signer.sign_with(&header, &claims());
            assert_eq!(refusal(server.verifier().verify(&token).await), TokenError::AlgorithmNotAllowed);
            let token = signer.sign_with(&other.header(), &claims());
            assert_eq!(refusal(server.verifier().verify(&token).await), TokenError::BadSignature);
        }
    }
}

#[tokio::test]
async fn other_algorithms_are_refused() {
    let signers = all();
    let server = KeyServer::start(&signers.each_ref()).await;
    for algorithm in [
        "RS384",
        "PS256",
        "PS384",
        "PS512",
        "ES384",
        "ES256K",
        "HS256",
        "HS384",
        "HS512",
        "Ed25519",
        "Ed448",
        "EdDSA ",
        "eddsa",
        "rs512",
        "ML-DSA-44",
        "none",
        "",
    ] {
        for signer in &signers {
            let token = signer.sign_with(&json!({ "alg": algorithm, "kid": signer.id }), &claims());
            assert_eq!(refusal(server.verifier().verify(&token).await), TokenError::AlgorithmNotAllowed, "{algorithm}");
        }
    }
    assert_eq!(server.key_requests().await, 0);
}

#[tokio::test]
async fn a_token_without_kid_takes_the_only_key_for_its_algorithm() {
    let signers = all();
    let server = KeyServer::start(&signers.each_ref()).await;
    for signer in &signers {
        for kid in [json!(null), json!("")] {
            let mut header = signer.header();
            header["kid"] = kid;
            server.verifier().verify(&signer.sign_with(&header, &claims())).await.unwrap();
        }
    }
    // With two keys for the algorithm it would be a guess.
    let ec = &signers[0];
    server.publish(&[ec, &Signer::other_ec("three")]);
    let token = ec.sign_with(&json!({ "alg": "ES256" }), &claims());
    let verifier = server.new_client().jwt_verifier();
    assert_eq!(refusal(verifier.verify(&token).await), TokenError::UnknownKey);
}
