//! Members of a key set that cannot be used are skipped and never cost the other keys (RFC 7517, section 5).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::error::TokenError;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::{
    json,
    key_server::KeyServer,
    refusal,
    signer::{Signer, claims, encode},
};

fn with(field: &str, value: Value) -> Value {
    let mut jwk = Signer::ec("one").published();
    jwk[field] = value;
    jwk
}

fn rsa_with(field: &str, value: Value) -> Value {
    let mut jwk = Signer::rsa("one").published();
    jwk[field] = value;
    jwk
}

/// Members that are not usable keys with the id `one`.
fn unusable() -> Vec<Value> {
    let small = encode([0xff; 128]);
    vec![
        json!(null),
        json!(5),
        json!("key"),
        json!([]),
        json!({}),
        json!({ "kty": "RSA", "kid": 7, "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "RSA", "kid": "one", "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "RSA", "kid": "one" }),
        json!({ "kty": "EC", "kid": "one", "crv": "P-256" }),
        json!({ "kty": "EC", "kid": "one", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        json!({ "kty": "OKP", "kid": "one", "crv": "Ed25519", "x": encode([7; 31]) }),
        json!({ "kty": "OKP", "kid": "one", "crv": "Ed448", "x": encode([7; 57]) }),
        json!({ "kty": "oct", "kid": "one", "k": "c2VjcmV0" }),
        json!({ "kty": "AKP", "kid": "one", "alg": "ML-DSA-44", "pub": "AA" }),
        json!({ "kty": ["EC"], "kid": "one" }),
        json!({ "kid": "one", "alg": "ES256" }),
        with("kid", json!(7)),
        with("kid", json!(["one"])),
        with("kty", json!(null)),
        with("kty", json!("ec")),
        with("alg", json!(5)),
        with("alg", json!("ES384")),
        with("use", json!("enc")),
        with("use", json!(["sig"])),
        with("key_ops", json!("verify")),
        with("key_ops", json!(["sign"])),
        with("key_ops", json!([5])),
        with("crv", json!("P-384")),
        with("crv", json!(256)),
        with("x", json!(null)),
        with("x", json!(17)),
        with("x", json!("")),
        with("x", json!("***")),
        with("x", json!(encode([0xff; 32]))),
        with("x", json!(encode([1; 33]))),
        // Not on the curve.
        with("y", json!(encode([1; 32]))),
        with("y", Signer::ec("one").published()["x"].clone()),
        rsa_with("n", json!(small)),
        rsa_with("n", json!(encode([0xff; 1025]))),
        rsa_with("n", json!("")),
        rsa_with("e", json!("")),
        rsa_with("e", json!("AAAA")),
        rsa_with("e", json!(65537)),
        rsa_with("alg", json!("PS256")),
        rsa_with("alg", json!("RSA-OAEP")),
    ]
}

#[tokio::test]
async fn an_unusable_member_does_not_cost_the_others() {
    let good = Signer::ec("good");
    for member in unusable() {
        for keys in [[member.clone(), good.published()], [good.published(), member.clone()]] {
            let server = KeyServer::publishing(&keys).await;
            server.verifier().verify(&good.sign(&claims())).await.unwrap_or_else(|error| panic!("{member}: {error}"));
            assert!(!server.client.jwks().await.unwrap().keys.is_empty());
        }
    }
    let server = KeyServer::publishing(&[unusable(), vec![good.published()], unusable()].concat()).await;
    server.verifier().verify(&good.sign(&claims())).await.unwrap();
}

#[tokio::test]
async fn an_unusable_member_verifies_nothing() {
    for member in unusable() {
        let server = KeyServer::publishing(std::slice::from_ref(&member)).await;
        for signer in [Signer::ec("one"), Signer::rsa("one"), Signer::ed("one")] {
            let why = refusal(server.verifier().verify(&signer.sign(&claims())).await);
            let expected = [TokenError::UnknownKey, TokenError::AlgorithmNotAllowed];
            assert!(expected.contains(&why), "{member}: {why}");
        }
    }
}

#[tokio::test]
async fn members_are_read_tolerantly() {
    let ec = Signer::ec("one");
    let rsa = Signer::rsa("one");
    let mut leading_zero = rsa.published();
    leading_zero["n"] = json!(format!("AAAA{}", rsa.published()["n"].as_str().unwrap()));
    // Its `y` starts with a zero byte.
    let p521 = Signer::p521("one");
    let mut shortened = p521.published();
    let y = URL_SAFE_NO_PAD.decode(shortened["y"].as_str().unwrap()).unwrap();
    shortened["y"] = json!(encode(y.strip_prefix(&[0]).unwrap()));
    for (signer, jwk) in [
        (&ec, with("x5t", json!(5))),
        (&ec, with("x5c", json!({ "deep": [[[]]] }))),
        (&ec, with("use", json!(null))),
        (&ec, with("key_ops", json!(null))),
        (&ec, with("key_ops", json!(["sign", "verify", "future"]))),
        (&ec, with("alg", json!(null))),
        (&rsa, leading_zero),
        (&p521, shortened),
        (&rsa, rsa_with("crv", json!("P-256"))),
    ] {
        let server = KeyServer::publishing(std::slice::from_ref(&jwk)).await;
        server.verifier().verify(&signer.sign(&claims())).await.unwrap_or_else(|error| panic!("{jwk}: {error}"));
    }
}

#[test]
fn any_member_leaves_the_others_usable() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let good = Signer::ec("good");
    let server = runtime.block_on(KeyServer::start(&[&good]));
    let token = good.sign(&claims());
    let names = ["kty", "kid", "alg", "use", "key_ops", "crv", "x", "y", "n", "e", "x5c"];
    let changed = prop::collection::btree_map(prop::sample::select(names.to_vec()), json::any(), 0..6);
    let member = prop_oneof![
        json::any(),
        (prop::sample::select(vec!["ec", "rsa", "ed"]), changed).prop_map(|(name, changes)| {
            let mut jwk = match name {
                "ec" => Signer::ec("other"),
                "rsa" => Signer::rsa("other"),
                _ => Signer::ed("other"),
            }
            .published();
            for (name, value) in changes {
                jwk[name] = value;
            }
            jwk
        }),
    ];
    let members = prop::collection::vec(member, 0..4);
    let config = ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&(members.clone(), members), |(before, after)| {
            let keys = [before, vec![good.published()], after].concat();
            server.answer(wiremock::ResponseTemplate::new(200).set_body_json(json!({ "keys": keys })));
            let verified = runtime.block_on(async { server.new_client().jwt_verifier().verify(&token).await });
            prop_assert!(verified.is_ok(), "{verified:?}");
            Ok(())
        })
        .unwrap();
}
