//! The claims that a hook returns: those that the server insists on cannot be lost.

use gotrue::hooks::{CustomAccessToken, HookClaims, InvalidClaim};
use serde_json::{Value, json};

use crate::recording::Recording;

fn claims() -> HookClaims {
    let recording = Recording::of("custom_access_token");
    let hook = recording.verifier().verify_as::<CustomAccessToken>(&recording.headers(), recording.body()).unwrap();
    hook.into_payload().claims
}

#[test]
fn recorded_claims_are_valid() {
    claims().validate().unwrap();
    assert!(claims().iter().any(|(name, value)| name == "role" && value == "authenticated"));
}

#[test]
fn any_other_claim_can_be_added_and_removed() {
    let mut claims = claims();
    for value in [json!("blue"), json!(5), json!({ "a": [null] }), Value::Null] {
        claims.set("team", value.clone()).unwrap();
        assert_eq!(claims.get("team"), Some(&value));
    }
    assert_eq!(claims.remove("team").unwrap(), Some(Value::Null));
    assert_eq!(claims.remove("team").unwrap(), None);
    for optional in ["app_metadata", "user_metadata", "amr"] {
        claims.remove(optional).unwrap();
    }
    claims.validate().unwrap();
}

#[test]
fn a_required_claim_stays() {
    for name in ["aud", "exp", "iat", "sub", "email", "phone", "role", "aal", "session_id", "is_anonymous"] {
        assert!(matches!(claims().remove(name), Err(InvalidClaim::Missing { name: missing }) if missing == name));
        let mut json = serde_json::to_value(claims()).unwrap();
        json.as_object_mut().unwrap().remove(name);
        let incomplete: HookClaims = serde_json::from_value(json).unwrap();
        assert_eq!(incomplete.validate().unwrap_err().to_string(), format!("the server requires the claim `{name}`"));
    }
}

#[test]
fn a_known_claim_keeps_its_type() {
    for (name, wrong, right) in [
        ("aud", json!(5), json!(["a", "b"])),
        ("exp", json!("5"), json!(5)),
        ("exp", json!(5.5), json!(5.0)),
        ("nbf", json!(null), json!(5)),
        ("sub", json!(5), json!("")),
        ("role", json!(null), json!("admin")),
        ("app_metadata", json!([]), json!({})),
        ("amr", json!([5]), json!(["pwd", { "method": "otp" }])),
        ("client_id", json!({}), json!("id")),
    ] {
        let error = claims().set(name, wrong.clone()).unwrap_err();
        assert!(matches!(error, InvalidClaim::Type { name: known } if known == name), "{name} {wrong}");
        claims().set(name, right).unwrap();
    }
    // The server does not check the type of this one.
    claims().set("is_anonymous", "no").unwrap();
}
