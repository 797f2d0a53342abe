//! No input panics, and no input that was not signed verifies: 100,000 cases.

use std::sync::LazyLock;

use futures::FutureExt;
use gotrue::{Claims, JwtVerifier, Secret};
use proptest::prelude::*;

use crate::{
    key_server::KeyServer,
    signer::{SECRET, Signer, claims, encode},
};

/// A verifier that has its keys and needs no further request.
static VERIFIER: LazyLock<JwtVerifier> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let signers = [Signer::ec("ec"), Signer::rsa("rsa"), Signer::ed("ed")];
        let server = KeyServer::start(&[&signers[0], &signers[1], &signers[2]]).await;
        let verifier = server.verifier().hs256_secret(SECRET);
        for signer in &signers {
            verifier.verify(&signer.sign(&claims())).await.unwrap();
        }
        verifier
    })
});

fn assert_refused(text: &str) {
    let token = Secret::from(text);
    let result = VERIFIER.verify(&token).now_or_never().expect("no request");
    assert!(result.unwrap_err().token().is_some());
    // Reading it must not panic either.
    let _ = Claims::read_unverified(&token);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        assert_refused(&text);
    }

    #[test]
    fn any_three_parts(parts in prop::array::uniform3(any::<Vec<u8>>())) {
        assert_refused(&parts.map(encode).join("."));
    }

    #[test]
    fn any_payload_and_signature(
        algorithm in prop::sample::select(vec!["ES256", "RS256", "EdDSA", "HS256", "none"]),
        key in prop::sample::select(vec!["ec", "rsa", "ed"]),
        payload in prop_oneof![Just(claims().to_string().into_bytes()), any::<Vec<u8>>()],
        signature in prop_oneof![prop::collection::vec(any::<u8>(), 64), any::<Vec<u8>>()],
    ) {
        let header = encode(format!(r#"{{"alg":"{algorithm}","kid":"{key}"}}"#));
        assert_refused(&format!("{header}.{}.{}", encode(payload), encode(signature)));
    }

    #[test]
    fn any_claims_are_read_or_refused(claims in any_claims()) {
        let token = Signer::shared(SECRET.as_bytes()).sign(&claims);
        let read = Claims::read_unverified(&token);
        prop_assert!(read.is_ok() || read.unwrap_err().token().is_some());
    }

    #[test]
    fn any_change_is_refused(at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_-]") {
        let good = Signer::ed("ed").sign(&claims());
        let good = good.expose();
        let at = at.index(good.len());
        let changed = format!("{}{letter}{}", &good[..at], &good[at + 1..]);
        if changed != good {
            assert_refused(&changed);
        }
    }
}

/// Generates claims with values of any type.
fn any_claims() -> impl Strategy<Value = serde_json::Value> {
    let value = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".*".prop_map(Into::into),
        prop::collection::vec(".*", 0..3).prop_map(Into::into),
        Just(claims()),
    ];
    let names = ["sub", "aud", "exp", "iat", "nbf", "iss", "email", "amr", "aal", "session_id", "is_anonymous", "x"];
    prop::collection::btree_map(prop::sample::select(names.to_vec()), value, 0..8).prop_map(|changes| {
        let mut claims = claims();
        for (name, value) in changes {
            claims[name] = value;
        }
        claims
    })
}
