//! No request panics, and none verifies that was not signed.

use gotrue::hooks::{AnyHook, HookError, HookSecrets, HookVerifier};
use gotrue_fake::ManualClock;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};

fn headers(values: [&[u8]; 3]) -> HeaderMap {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    names
        .into_iter()
        .zip(values)
        .filter_map(|(name, value)| Some((name.parse().unwrap(), HeaderValue::from_bytes(value).ok()?)))
        .collect()
}

/// Values that members of a payload may have, right and wrong.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        Just(json!("3d79a54e-c4dc-4005-a065-565f91a09989")),
        Just(json!("0001-01-01T00:00:00Z")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("id|user|claims|sms|email_data|metadata|name|[a-z]{1,4}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_headers_and_body(values in prop::array::uniform3(any::<Vec<u8>>()), body in any::<Vec<u8>>()) {
        let verifier = HookVerifier::new(HookSecrets::generate().unwrap());
        let headers = headers([&values[0], &values[1], &values[2]]);
        let error = verifier.verify(&headers, &body).unwrap_err();
        let is_expected = matches!(error, HookError::Header { .. } | HookError::Signature);
        prop_assert!(is_expected, "{error}");
    }

    #[test]
    fn any_signed_body(
        name in prop::sample::select(vec![
            "before-user-created", "after-user-created", "send-email", "send-sms", "customize-access-token",
            "password-verification", "mfa-verification", "hook-of-tomorrow",
        ]),
        members in prop::collection::hash_map("user|user_id|claims|sms|email_data|valid|factor_id|[a-z]{1,4}", value(), 0..6),
        is_object in prop::bool::weighted(0.9),
    ) {
        let mut body: Value = members.into_iter().collect();
        body["metadata"] = json!({ "name": name, "uuid": "3d79a54e-c4dc-4005-a065-565f91a09989", "time": "2026-11-25T13:44:17.723194761Z" });
        if !is_object {
            body = json!([body]);
        }
        let (secrets, clock) = (HookSecrets::generate().unwrap(), ManualClock::new());
        let timestamp = gotrue::Clock::now(&clock).timestamp();
        let text = body.to_string();
        let signature = secrets.sign("id", timestamp, text.as_bytes());
        let headers = headers([b"id", timestamp.to_string().as_bytes(), signature.as_bytes()]);
        match HookVerifier::new(secrets).clock(clock).verify(&headers, text.as_bytes()) {
            Ok(AnyHook::Other(hook)) => prop_assert!(hook.json() == &body),
            Ok(_) => prop_assert!(is_object && name != "hook-of-tomorrow"),
            Err(HookError::Payload { .. }) => prop_assert!(is_object && name != "hook-of-tomorrow"),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
