//! Restrictions in a token that cannot be read are never ignored.

use gotrue::{Claims, error::TokenError};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::{
    json as any_json,
    key_server::KeyServer,
    refusal,
    signer::{SECRET, Signer, claims, claims_with, encode},
};

#[tokio::test]
async fn claims_of_the_wrong_type_are_refused() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let shared = Signer::shared(SECRET.as_bytes());
    let with_secret = server.verifier().hs256_secret(SECRET);
    for (name, values) in [
        (
            "nbf",
            vec![
                json!("1767225600"),
                json!("soon"),
                json!(""),
                json!([1]),
                json!([]),
                json!(true),
                json!(false),
                json!({}),
            ],
        ),
        ("exp", vec![json!("1767229200"), json!(""), json!([1_767_229_200]), json!(true), json!({})]),
        ("is_anonymous", vec![json!("true"), json!(1), json!([]), json!({})]),
        ("sub", vec![json!(5), json!([]), json!("ada"), json!(true)]),
    ] {
        for value in values {
            let claims = claims_with(&json!({ name: value }));
            let token = signer.sign(&claims);
            let why = refusal(server.verifier().verify(&token).await);
            assert!(matches!(why, TokenError::Malformed(_)), "{name} {value}: {why}");
            assert_eq!(Claims::read_unverified(&token).unwrap_err().token(), Some(why));
            assert_eq!(refusal(with_secret.verify(&shared.sign(&claims)).await), why);
        }
    }
}

#[tokio::test]
async fn issuer_and_audience_of_the_wrong_type_are_no_match() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    for value in [
        json!(5),
        json!(true),
        json!([["authenticated"]]),
        json!({ "0": "authenticated" }),
        json!(["authenticated", 5]),
    ] {
        let token = signer.sign(&claims_with(&json!({ "aud": value })));
        let verifier = server.verifier().audience("authenticated");
        assert_eq!(refusal(verifier.verify(&token).await), TokenError::WrongAudience, "{value}");
        let token = signer.sign(&claims_with(&json!({ "iss": value })));
        let verifier = server.verifier().issuer("authenticated");
        assert_eq!(refusal(verifier.verify(&token).await), TokenError::WrongIssuer, "{value}");
    }
}

#[tokio::test]
async fn any_crit_is_refused() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    for value in [
        json!(null),
        json!([]),
        json!(["exp"]),
        json!(["b64"]),
        json!([null]),
        json!("exp"),
        json!(""),
        json!(false),
        json!(0),
        json!({}),
    ] {
        let mut header = signer.header();
        header["crit"] = value.clone();
        let why = refusal(server.verifier().verify(&signer.sign_with(&header, &claims())).await);
        assert!(matches!(why, TokenError::Malformed(_)), "{value}: {why}");
    }
    for header in [
        r#"{"alg":"ES256","kid":"one","crit":["b64"],"crit":null}"#,
        r#"{"alg":"ES256","kid":"one","alg":"HS256"}"#,
        r#"{"alg":["ES256"],"kid":"one"}"#,
        r#"{"alg":null,"kid":"one"}"#,
        r#"{"alg":"ES256","kid":7}"#,
        r#"{"alg":"ES256","kid":{}}"#,
    ] {
        let payload = encode(claims().to_string());
        let token = format!("{}.{payload}.{}", encode(header), encode([0; 64])).into();
        let why = refusal(server.verifier().verify(&token).await);
        assert!(matches!(why, TokenError::Malformed(_)), "{header}: {why}");
    }
    // Other members of the header do not matter.
    let mut header = signer.header();
    header["cty"] = json!(5);
    header["x"] = json!({ "crit": ["x"] });
    server.verifier().verify(&signer.sign_with(&header, &claims())).await.unwrap();
}

#[test]
fn any_value_but_a_number_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let signer = Signer::ed("one");
    let server = runtime.block_on(KeyServer::start(&[&signer]));
    let verifier = server.verifier();
    let why = |header: &Value, claims: &Value| {
        let token = signer.sign_with(header, claims);
        runtime.block_on(verifier.verify(&token)).map(drop).map_err(|error| error.token().unwrap())
    };
    let config = ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&any_json::any(), |value| {
            let mut header = signer.header();
            header["crit"] = value.clone();
            prop_assert!(matches!(why(&header, &claims()), Err(TokenError::Malformed(_))));
            for name in ["nbf", "exp"] {
                let result = why(&signer.header(), &claims_with(&json!({ name: value })));
                match &value {
                    // A removed claim: `nbf` is optional.
                    Value::Null if name == "nbf" => prop_assert!(result.is_ok()),
                    Value::Number(number) => {
                        let is_past = number.as_f64().unwrap() < 1_767_225_600.0;
                        prop_assert_eq!(result.is_ok(), is_past == (name == "nbf"));
                    }
                    _ => prop_assert!(matches!(result, Err(TokenError::Malformed(_))), "{name} {value}"),
                }
            }
            Ok(())
        })
        .unwrap();
}
