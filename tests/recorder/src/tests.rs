#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use gotrue_fake::FakeServer;
use serde_json::{Value, json};

use super::*;
use crate::redaction::Redaction;

#[tokio::test]
async fn every_operation_of_a_server_is_recorded_without_secrets() {
    let server = FakeServer::start().await;
    let key = server.service_key().expose().to_owned();
    let directory = tempfile::tempdir().unwrap();
    let options = |directory: PathBuf| Options {
        url: server.url(),
        api_key: None,
        service_key: key.clone(),
        origin: gotrue_test_authenticator::ORIGIN.to_owned(),
        with_users: false,
        directory,
    };
    run(options(directory.path().to_owned())).await.unwrap();

    let mut successes: BTreeMap<String, bool> = BTreeMap::new();
    for file in fs::read_dir(directory.path()).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for secret in [key.as_str(), steps::PASSWORD, "secret-of-acme", steps::VERIFIER] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
        let exchange: Value = serde_json::from_str(&text).unwrap();
        let success = exchange["response"]["status"].as_u64().unwrap() < 400;
        *successes.entry(exchange["operation"].as_str().unwrap().to_owned()).or_default() |= success;
        assert_no_signature(&exchange);
    }
    let document = gotrue_openapi::document::gotrue().unwrap();
    let all: BTreeSet<_> = gotrue_openapi::document::operations(&document).filter_map(|o| o.id()).collect();
    assert_eq!(successes.keys().map(String::as_str).collect::<BTreeSet<_>>(), all);
    let refused: Vec<_> = successes.iter().filter(|(_, success)| !**success).map(|(id, _)| id.as_str()).collect();
    assert!(refused.is_empty(), "no success of {refused:?}");

    // The server has users now, and the directory has files.
    let error = run(options(directory.path().join("other"))).await.unwrap_err();
    assert!(error.to_string().starts_with("the server has users"), "{error}");
    let error = run(options(directory.path().to_owned())).await.unwrap_err();
    assert!(error.to_string().ends_with("expected an empty directory"), "{error}");
}

/// Asserts that all tokens in an exchange have the signature of the recorder.
fn assert_no_signature(value: &Value) {
    match value {
        Value::Object(members) => members.values().for_each(assert_no_signature),
        Value::Array(elements) => elements.iter().for_each(assert_no_signature),
        Value::String(text) => {
            let token = text.strip_prefix("Bearer ").unwrap_or(text);
            if let (true, [_, _, signature]) = (token.starts_with("eyJ"), &token.split('.').collect::<Vec<_>>()[..]) {
                assert!(signature.starts_with("c2lnbmF0dXJl"), "{text}");
            }
        }
        _ => {}
    }
}

#[test]
fn a_secret_is_replaced_wherever_it_is_used() {
    let secret = json!({ "type": "string", "format": "password" });
    let list = json!({ "type": "array", "items": secret });
    let document = json!({ "schemas": { "Session": { "properties": { "refresh_token": secret, "code": secret, "codes": list } } } });
    let mut redaction = Redaction::new(&document);
    let mut response = json!({
        "refresh_token": "a-refresh-token",
        "code": "123456",
        "codes": ["first-of-a-list"],
        "location": "https://app.example.com/cb?code=123456&page=123456#refresh_token=another+refresh+token",
        "text": "Used a-refresh-token at 12345678.",
        "id": "123456",
    });
    redaction.find(&response);
    redaction.replace(&mut response);
    let refresh_token = response["refresh_token"].as_str().unwrap();
    assert!(refresh_token.starts_with("replaced-secret-"), "{response}");
    assert_eq!(response["text"], format!("Used {refresh_token} at 12345678."));
    let text = response.to_string();
    for secret in ["a-refresh-token", "another", "code=123456", "first-of-a-list"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert_eq!(response["code"].as_str().unwrap().len(), 6);
}

#[test]
fn a_token_keeps_its_claims() {
    let mut redaction = Redaction::new(&json!({}));
    redaction.add("eyJhbGciOiJIUzI1NiJ9.e30.signature");
    let mut header = json!("Bearer eyJhbGciOiJIUzI1NiJ9.e30.signature");
    redaction.replace(&mut header);
    assert_eq!(header, "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl-1");
}
