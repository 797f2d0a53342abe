//! Secrets of hooks: their text form, and that they are never printed.

use gotrue::hooks::HookSecrets;

const KEY: &str = "dGhyb3ctYXdheS1ob29rLXNlY3JldC1vbmUtMzJieXRl";

#[test]
fn the_text_is_that_of_the_setting() {
    let [one, two] = [HookSecrets::generate().unwrap(), HookSecrets::generate().unwrap()];
    assert_ne!(one.setting(), two.setting());
    let both: HookSecrets = format!("{}|{}", one.setting().expose(), two.setting().expose()).parse().unwrap();
    let signatures = [&one, &two].map(|secrets| secrets.sign("id", 1, b"{}"));
    assert_eq!(both.sign("id", 1, b"{}"), signatures.join(", "));
}

/// The server takes 32 characters, whatever they decode to, and ignores unused bits.
#[test]
fn every_secret_of_the_server_is_accepted() {
    let sign = |key: &str| format!("v1,whsec_{key}").parse::<HookSecrets>().map(|secrets| secrets.sign("id", 1, b"{}"));
    let twenty_two_bytes = "QUJDREVGR0hJSktMTU5PUFFSU1RVVQ==";
    assert_eq!(twenty_two_bytes.len(), 32);
    assert_eq!(sign("QUJDREVGR0hJSktMTU5PUFFSU1RVVR=="), sign(twenty_two_bytes));
    for key in [twenty_two_bytes, &KEY[..32], KEY, &KEY.repeat(4)] {
        sign(key).unwrap();
    }
    sign(&KEY[..28]).unwrap_err();
}

#[test]
fn an_unusable_secret_is_refused_by_its_position() {
    for secret in [
        "",
        KEY,
        "v1,whsec_",
        "whsec_dGhyb3ctYXdheS1ob29rLXNlY3JldC1vbmUtMzJieXRl",
        "v1,whsec_dGhyb3ctYXdheQ==",
        "v1,whsec_not-base64-not-base64-not-base64-not",
        "v1a,whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:whsk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ] {
        let error = secret.parse::<HookSecrets>().unwrap_err();
        assert_eq!(error.position(), 1, "{secret}");
        let error = format!("v1,whsec_{KEY}|{secret}").parse::<HookSecrets>().unwrap_err();
        assert_eq!(error.position(), 2, "{secret}");
        assert!(secret.len() < 10 || !error.to_string().contains(secret), "{error}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let secrets: HookSecrets = format!("v1,whsec_{KEY}").parse().unwrap();
    let verifier = gotrue::hooks::HookVerifier::new(secrets.clone());
    let service = gotrue::hooks::HookService::new(verifier.clone());
    for text in [format!("{secrets:?}"), format!("{verifier:?}"), format!("{service:?}")] {
        assert!(text.contains("[redacted]") && !text.contains(&KEY[..8]), "{text}");
    }
}
