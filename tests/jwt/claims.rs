//! Claims of all kinds of servers.

use gotrue::{
    Claims, Error,
    chrono::DateTime,
    types::{AssuranceLevel, AuthenticationMethod},
};
use serde_json::{Value, json};

use crate::{
    key_server::KeyServer,
    signer::{SUB, Signer, claims, claims_with},
};

fn read(claims: &Value) -> Claims {
    Claims::read_unverified(&Signer::ec("one").sign(claims)).unwrap()
}

#[test]
fn all_claims_are_read() {
    let all = read(&claims_with(&json!({
        "iss": "https://auth.example.com",
        "nbf": 1_767_225_600,
        "phone": "15550000001",
        "aal": "aal2",
        "amr": [
            { "method": "totp", "timestamp": 1_767_225_601 },
            { "method": "sso/saml", "timestamp": 1_767_225_600, "provider": "an-id" },
        ],
        "client_id": "an-application",
        "scope": "openid email",
    })));
    let then = DateTime::from_timestamp(1_767_225_600, 0);
    assert_eq!((all.sub.to_string().as_str(), all.iat, all.nbf), (SUB, then, then));
    assert_eq!(all.exp.timestamp(), 1_767_229_200);
    assert_eq!(all.iss.as_deref(), Some("https://auth.example.com"));
    assert_eq!((all.email.as_deref(), all.phone.as_deref()), (Some("ada@example.com"), Some("15550000001")));
    assert_eq!(all.app_metadata["provider"], "email");
    assert_eq!(all.user_metadata["favorite_language"], "rust");
    assert_eq!((all.role.as_deref(), all.aal.clone()), (Some("authenticated"), Some(AssuranceLevel::Aal2)));
    assert_eq!(all.amr[0].method, AuthenticationMethod::Totp);
    assert_eq!((all.amr[1].timestamp, all.amr[1].provider.as_deref()), (then, Some("an-id")));
    assert_eq!(all.session_id.unwrap().to_string(), "e54277a4-f9af-4bfa-9326-e2f08acdb314");
    assert!(!all.is_anonymous && all.all_custom().is_empty());
    assert_eq!((all.client_id.as_deref(), all.scope.as_deref()), (Some("an-application"), Some("openid email")));
}

#[test]
fn older_servers_omit_most_claims() {
    // A token of Netlify.
    let few = read(&json!({
        "sub": SUB, "aud": "", "exp": 1_767_229_200, "email": "ada@example.com", "app_metadata": null,
        "user_metadata": { "name": "Ada" },
    }));
    assert_eq!((few.email.as_deref(), &few.user_metadata["name"]), (Some("ada@example.com"), &json!("Ada")));
    assert_eq!((few.iat, few.role, few.aal, few.session_id), (None, None, None, None));
    assert!(few.amr.is_empty() && !few.is_anonymous && few.app_metadata.is_null());
    // The minimum.
    let least = read(&json!({ "sub": SUB, "exp": 1_767_229_200 }));
    assert_eq!((least.aud.iter().count(), least.email), (0, None));
}

#[test]
fn empty_and_null_count_as_missing() {
    let nothing = read(&json!({
        "sub": SUB, "exp": 1, "email": "", "phone": "", "role": "", "amr": null, "iss": null, "is_anonymous": null,
        "session_id": null, "aud": [],
    }));
    assert_eq!((nothing.email, nothing.phone, nothing.role, nothing.iss), (None, None, None, None));
    assert!(nothing.amr.is_empty() && !nothing.aud.contains(""));
}

#[test]
fn an_audience_is_one_name_or_several() {
    let one = read(&claims()).aud;
    assert!(one.contains("authenticated") && !one.contains("auth") && !one.contains(""));
    let several = read(&claims_with(&json!({ "aud": ["authenticated", "billing"] }))).aud;
    assert!(several.contains("billing") && several.contains("authenticated"));
    assert_eq!(several.iter().collect::<Vec<_>>(), ["authenticated", "billing"]);
}

#[test]
fn an_auth_hook_may_change_claims() {
    let hooked = read(&claims_with(&json!({
        "amr": ["password", { "method": "otp" }],
        "aal": "aal9",
        "session_id": "none",
        "client_id": 5,
        "aud": 7,
        "teams": ["red", "blue"],
        "plan": "gold",
    })));
    assert_eq!((hooked.amr[0].method.as_str(), hooked.amr[0].timestamp), ("password", None));
    assert_eq!(hooked.amr[1].method, AuthenticationMethod::Otp);
    assert_eq!(hooked.aal.as_ref().unwrap().as_str(), "aal9");
    // A claim of an unexpected type is a custom claim.
    assert_eq!((hooked.session_id, &hooked.client_id), (None, &None));
    assert_eq!(hooked.custom("client_id"), Some(&json!(5)));
    assert_eq!(hooked.all_custom().len(), 5);

    assert_eq!(hooked.custom("plan"), Some(&json!("gold")));
    assert_eq!(hooked.custom_as::<Vec<String>>("teams").unwrap().unwrap(), ["red", "blue"]);
    assert_eq!(hooked.custom_as::<String>("absent").unwrap(), None);
    let error = hooked.custom_as::<u64>("plan").unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }) && !error.to_string().contains("gold"));
}

#[test]
fn a_timestamp_may_have_a_fraction_and_saturates() {
    let at = |exp: Value| read(&claims_with(&json!({ "exp": exp }))).exp;
    assert_eq!(at(json!(1_767_229_200.5)).timestamp_millis(), 1_767_229_200_500);
    for huge in [json!(1e300), json!(u64::MAX), json!(i64::MAX)] {
        assert_eq!(at(huge), DateTime::<gotrue::chrono::Utc>::MAX_UTC);
    }
    for tiny in [json!(-1e300), json!(i64::MIN)] {
        assert_eq!(at(tiny), DateTime::<gotrue::chrono::Utc>::MIN_UTC);
    }
}

#[test]
fn claims_can_be_serialized_and_deserialized() {
    for all in [
        claims_with(&json!({ "amr": [{ "method": "otp" }], "teams": ["red"], "nbf": 1, "iss": "x", "phone": null })),
        json!({ "sub": SUB, "exp": 1, "aud": ["a", "b"], "is_anonymous": true }),
    ] {
        let claims = read(&all);
        let written = serde_json::to_value(&claims).unwrap();
        assert_eq!(written, all);
        assert_eq!(serde_json::from_value::<Claims>(written).unwrap(), claims);
    }
}

#[tokio::test]
async fn claims_may_be_nested_deeply() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    for depth in [99, 100, 130, 1000, 10_000] {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for name in ["user_metadata", "app_metadata", "custom", "amr", "iss"] {
                // As text, because a value of this depth overflows the stack.
                let others = claims_with(&json!({ name: null })).to_string();
                let payload = format!(r#"{},"{name}":{deep}}}"#, others.strip_suffix('}').unwrap());
                let token = signer.sign_text(&signer.header().to_string(), &payload);
                let verified = server.verifier().verify(&token).await.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(verified.into_claims(), Claims::read_unverified(&token).unwrap());
            }
        }
    }
}

#[tokio::test]
async fn verified_claims_are_claims() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let token = signer.sign(&claims_with(&json!({ "plan": "gold" })));
    let verified = server.verifier().verify(&token).await.unwrap();
    assert_eq!((verified.role.as_deref(), verified.custom("plan")), (Some("authenticated"), Some(&json!("gold"))));
    assert_eq!(verified.into_claims(), Claims::read_unverified(&token).unwrap());
}
