//! Forged and damaged tokens.

use base64::{Engine, engine::general_purpose::STANDARD};
use gotrue::{Claims, Error, Secret, error::TokenError, jwt::VerifiedClaims};
use serde_json::{Value, json};

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{Signer, claims, encode},
};

/// Verifies a token and checks that an error contains nothing of it.
async fn verify(server: &KeyServer, token: &Secret) -> Result<VerifiedClaims, Error> {
    let result = server.verifier().verify(token).await;
    if let Err(error) = &result {
        let text = format!("{error} {error:?} {error:#?}");
        for part in token.expose().split('.').filter(|part| part.len() > 7) {
            assert!(!text.contains(part), "{text}");
        }
        for word in ["ada@example.com", "evil"] {
            assert!(!text.contains(word), "{text}");
        }
    }
    result
}

/// Returns a public key as PEM, as it is shown in settings.
fn pem(jwk: &Value) -> String {
    let mut der = hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
    for coordinate in ["x", "y"] {
        der.extend(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk[coordinate].as_str().unwrap()).unwrap());
    }
    let text = STANDARD.encode(der);
    let (first, second) = text.split_at(64);
    format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let signature = signer.sign(&claims()).expose().rsplit_once('.').unwrap().1.to_owned();
    for algorithm in ["none", "None", "NONE", "nOnE", "", "es256", "ES256 ", "HS384", "HS512", "ES384", "PS256"] {
        for kid in [json!("one"), json!(null)] {
            let message =
                [json!({ "alg": algorithm, "kid": kid }), claims()].map(|part| encode(part.to_string())).join(".");
            for signature in ["", signature.as_str()] {
                let token = Secret::from(format!("{message}.{signature}"));
                assert_eq!(refusal(verify(&server, &token).await), TokenError::AlgorithmNotAllowed, "{algorithm}");
            }
        }
    }
    let silent = signer.sign_with(&json!({ "kid": "one" }), &claims());
    assert!(matches!(refusal(verify(&server, &silent).await), TokenError::Malformed(_)));
    assert_eq!(server.key_requests().await, 0);
}

#[tokio::test]
async fn a_public_key_is_not_a_shared_secret() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    server.verifier().verify(&signer.sign(&claims())).await.unwrap();
    let jwk = signer.published();
    let pem = pem(&jwk);
    let point: Vec<u8> = hex("04").into_iter().chain(STANDARD.decode(pem_body(&pem)).unwrap()[27..].to_vec()).collect();
    for public in [pem.as_bytes(), pem.trim_end().as_bytes(), jwk.to_string().as_bytes(), &point, &point[1..], b""] {
        let forger = Signer::shared(public);
        for header in [json!({ "alg": "HS256" }), json!({ "alg": "HS256", "kid": "one" })] {
            let token = forger.sign_with(&header, &claims());
            assert_eq!(refusal(verify(&server, &token).await), TokenError::AlgorithmNotAllowed);
            // The server is not asked, as it was formerly: it publishes a key. With a secret, the token is forged.
            let asking = server.client.jwt_verifier();
            assert_eq!(refusal(asking.verify(&token).await), TokenError::AlgorithmNotAllowed);
            let with_secret = server.verifier().hs256_secret("another-secret-of-more-than-32-characters");
            assert_eq!(refusal(with_secret.verify(&token).await), TokenError::BadSignature);
            // The same signature with the algorithm of the key.
            let renamed = forger.sign_with(&json!({ "alg": "ES256", "kid": "one" }), &claims());
            assert_eq!(refusal(verify(&server, &renamed).await), TokenError::BadSignature);
        }
    }
}

fn pem_body(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

#[tokio::test]
async fn the_key_must_be_the_one_that_is_named() {
    let (signer, other) = (Signer::ec("one"), Signer::other_ec("two"));
    let server = KeyServer::start(&[&signer, &other]).await;
    let wrong_key = signer.sign_with(&other.header(), &claims());
    assert_eq!(refusal(verify(&server, &wrong_key).await), TokenError::BadSignature);
    let unknown = signer.sign_with(&json!({ "alg": "ES256", "kid": "evil" }), &claims());
    assert_eq!(refusal(verify(&server, &unknown).await), TokenError::UnknownKey);
    // Keys and URLs in the header are ignored.
    let forger = Signer::other_ec("one");
    let header = json!({
        "alg": "ES256", "kid": "one", "jwk": forger.published(), "jku": "https://evil.example.com", "x5c": ["evil"],
    });
    assert_eq!(refusal(verify(&server, &forger.sign_with(&header, &claims())).await), TokenError::BadSignature);
}

#[tokio::test]
async fn the_restrictions_of_a_key_are_respected() {
    let signer = Signer::ec("one");
    let token = signer.sign(&claims());
    for (field, value, good) in [
        ("use", json!("enc"), false),
        ("use", json!(null), true),
        ("alg", json!("ES384"), false),
        ("alg", json!("HS256"), false),
        ("alg", json!(null), true),
        ("key_ops", json!(["sign"]), false),
        ("key_ops", json!(["sign", "verify"]), true),
        ("key_ops", json!(null), true),
        ("kty", json!("oct"), false),
        ("kty", json!("XX"), false),
        ("crv", json!("P-384"), false),
        ("crv", json!(null), false),
        ("x", json!(null), false),
        ("y", json!("***"), false),
        ("kid", json!("two"), false),
    ] {
        let mut jwk = signer.published();
        jwk[field] = value.clone();
        let server = KeyServer::publishing(&[jwk]).await;
        match verify(&server, &token).await {
            Ok(_) => assert!(good, "{field} {value}"),
            Err(error) => assert!(!good && error.token() == Some(TokenError::UnknownKey), "{field} {value}: {error}"),
        }
    }
    // A shared secret that was published by mistake.
    let secret = json!({ "kty": "oct", "kid": "one", "alg": "HS256", "k": encode("published-secret") });
    let server = KeyServer::publishing(&[secret]).await;
    let forged = Signer::shared(b"published-secret").sign_with(&json!({ "alg": "HS256", "kid": "one" }), &claims());
    assert_eq!(refusal(verify(&server, &forged).await), TokenError::AlgorithmNotAllowed);
    // A point that is not on the curve is not a key. Formerly it was, but verified nothing.
    let mut off_curve = signer.published();
    off_curve["y"] = off_curve["x"].clone();
    let server = KeyServer::publishing(&[off_curve]).await;
    assert_eq!(refusal(verify(&server, &token).await), TokenError::UnknownKey);
}

#[tokio::test]
async fn a_truncated_or_changed_token_is_refused() {
    let signers = [Signer::ec("ec"), Signer::rsa("rsa"), Signer::ed("ed")];
    let server = KeyServer::start(&[&signers[0], &signers[1], &signers[2]]).await;
    for signer in &signers {
        let token = signer.sign(&claims());
        for length in 0..token.expose().len() {
            let cut = Secret::from(&token.expose()[..length]);
            let why = refusal(verify(&server, &cut).await);
            assert!(matches!(why, TokenError::Malformed(_) | TokenError::BadSignature), "{length}: {why}");
        }
        for position in 0..token.expose().len() {
            let mut bytes = token.expose().as_bytes().to_vec();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            let changed = Secret::from(String::from_utf8(bytes).unwrap());
            assert!(verify(&server, &changed).await.is_err(), "{position}");
        }
        for text in [" {}", "{} ", "{}\n", "Bearer {}", "{}.", ".{}", "{}=", "{}.{}"] {
            let changed = Secret::from(text.replace("{}", token.expose()));
            assert!(matches!(refusal(verify(&server, &changed).await), TokenError::Malformed(_)), "{text}");
        }
    }
}

#[tokio::test]
async fn anything_else_is_malformed() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let header = encode(signer.header().to_string());
    let not_utf8 = encode([0xff, 0xfe, b'{', b'}']);
    let deep = "[".repeat(20_000);
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "evil".to_owned(),
        "a.b.c".to_owned(),
        "ünï.çödé.💥".to_owned(),
        "\0.\0.\0".to_owned(),
        format!("{not_utf8}.{not_utf8}.{not_utf8}"),
        format!("{}.e30.e30", encode("[]")),
        format!("{}.e30.e30", encode("null")),
        format!("{}.e30.e30", encode(&deep)),
        format!("{}.e30.e30", encode(r#"{"alg":5}"#)),
        format!("{}.e30.e30", encode(r#"{"alg":"ES256","kid":["one"]}"#)),
        format!("{}.e30.e30", encode(r#"{"alg":"ES256","alg":"ES256","kid":"one"}"#)),
        format!("{}.e30.e30", encode(r#"{"alg":"ES256","kid":"one","crit":["b64"],"b64":false}"#)),
        format!("{header}.e30.{}", "A".repeat(1 << 20)),
        format!("{header}.{}.AAAA", "A".repeat(1 << 24)),
    ] {
        let token = Secret::from(text);
        let why = refusal(verify(&server, &token).await);
        assert!(matches!(why, TokenError::Malformed(_)), "{why}");
    }
    assert_eq!(server.key_requests().await, 0);
    // With a valid signature, but not for a user.
    for claims in [
        json!({}),
        json!([]),
        json!(null),
        json!({ "exp": 1_767_229_200 }),
        json!({ "sub": "x", "exp": 1_767_229_200 }),
        json!({ "sub": crate::signer::SUB }),
        json!({ "sub": crate::signer::SUB, "exp": "1767229200" }),
        json!({ "sub": crate::signer::SUB, "exp": null }),
    ] {
        let token = signer.sign(&claims);
        let why = refusal(verify(&server, &token).await);
        assert!(matches!(why, TokenError::Malformed(_)), "{claims}: {why}");
        assert_eq!(Claims::read_unverified(&token).unwrap_err().token(), Some(why));
    }
}
