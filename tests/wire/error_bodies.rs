//! One reader for the error bodies of every server on the way: an unexpected neighbor never costs the code or the
//! message.

use futures::FutureExt;
use gotrue::{Error, ErrorCode, raw, types::WeakPasswordReason};
use proptest::{prelude::*, sample::Index};
use serde_json::{Map, Value, json};

use crate::anything::reqwest_response::reply;

fn error_of(status: u16, body: &[u8]) -> Error {
    let headers = [("content-type", "application/problem+json".to_owned())];
    let error = raw::Error::UnexpectedResponse(reply(status, &headers, body.to_vec()));
    Error::from_raw(error).now_or_never().expect("the body is there")
}

#[test]
fn every_shape_has_a_message() {
    // Body, code and message.
    #[rustfmt::skip]
    let shapes = [
        // Gateways: Envoy, Kong, Apigee, AWS, Azure, Google, Cloudflare.
        (json!({ "error": { "code": 401, "message": "Jwt is expired" } }), None, "Jwt is expired"),
        (json!({ "code": 16, "message": "Jwt is expired", "details": [] }), None, "Jwt is expired"),
        (json!({ "message": "Invalid API key", "hint": "Double check." }), None, "Invalid API key"),
        (json!({ "Message": "User is not authorized" }), None, "User is not authorized"),
        (json!({ "__type": "X", "Message": null, "message": "no" }), None, "no"),
        (json!({ "fault": { "faultstring": "Invalid ApiKey", "detail": { "errorcode": "oauth.v2.InvalidApiKey" } } }),
            Some("oauth.v2.InvalidApiKey"), "Invalid ApiKey"),
        (json!({ "error": { "code": "Forbidden", "message": "no", "innererror": { "code": "x" } } }), Some("Forbidden"), "no"),
        (json!({ "error": { "errors": [{ "reason": "x" }], "code": 403, "message": "no" } }), None, "no"),
        (json!({ "success": false, "errors": [{ "code": 1000, "message": "no" }], "messages": [], "result": null }), None, "no"),
        // Problem details (RFC 9457).
        (json!({ "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "Jwt is expired" }), None, "Jwt is expired"),
        (json!({ "title": "Unauthorized", "status": 401 }), None, "Unauthorized"),
        // Frameworks.
        (json!({ "statusCode": 400, "error": "Bad Request", "message": ["a is missing", "b is missing"] }),
            Some("Bad Request"), "a is missing; b is missing"),
        (json!({ "errors": ["no", "never"] }), None, "[redacted]"),
        (json!([{ "message": "no" }]), None, "no"),
        (json!("no"), None, "no"),
        (json!({ "data": { "error": { "error_code": "over_quota", "error_description": "no" } } }), Some("over_quota"), "no"),
        (json!({ "errorCode": "bad_jwt", "errorMessage": "no" }), Some("bad_jwt"), "no"),
        // The server's own, with neighbors of another type than usual.
        (json!({ "code": "403", "msg": "no" }), None, "no"),
        (json!({ "code": 403, "error_code": "bad_jwt", "msg": "no", "weak_password": "odd", "hint": {}, "error_id": 7 }), Some("bad_jwt"), "no"),
        (json!({ "code": {}, "error_code": "bad_jwt", "message": 7, "msg": "no" }), Some("bad_jwt"), "no"),
        (json!({ "code": "bad_jwt", "error_code": ["x"], "message": {}, "msg": " ", "error": "no" }), Some("bad_jwt"), "no"),
        (json!({ "code": "", "error_code": "", "error": "bad_jwt", "message": "no" }), Some("bad_jwt"), "no"),
        (json!({ "code": 1e300, "msg": "no", "error": true }), None, "no"),
        (json!({ "code": "bad_jwt", "message": "no", "deep": (0..1000).fold(json!(1), |inner, _| json!([inner])) }), Some("bad_jwt"), "no"),
    ];
    for (body, code, message) in shapes {
        let error = error_of(403, body.to_string().as_bytes());
        assert_eq!(error.code().map(ErrorCode::as_str), code, "{body}");
        let found = error.api().unwrap().message();
        // A list of strings alone has no name for a message; its text is shown.
        let expected = if message == "[redacted]" { r#"{"errors":["no","never"]}"# } else { message };
        assert_eq!(found, expected, "{body}");
    }
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let error = error_of(403, "\u{feff}{\"code\":\"bad_jwt\",\"message\":\"no\"}".as_bytes());
    assert_eq!((error.code(), error.api().unwrap().message()), (Some(&ErrorCode::BadJwt), "no"));
}

#[test]
fn a_large_body_is_read() {
    let body = json!({ "a": "x".repeat(200_000), "code": "bad_jwt", "message": "no" });
    assert_eq!(error_of(403, body.to_string().as_bytes()).code(), Some(&ErrorCode::BadJwt));
}

#[test]
fn reasons_are_read_one_by_one() {
    for (reasons, expected) in [
        (json!(["length", 7, null, "pwned"]), vec![WeakPasswordReason::Length, WeakPasswordReason::Pwned]),
        (json!("length"), vec![WeakPasswordReason::Length]),
        (json!({}), vec![]),
        (json!([""]), vec![]),
    ] {
        let body = json!({ "code": "weak_password", "message": "no", "weak_password": { "reasons": reasons } });
        let error = error_of(422, body.to_string().as_bytes());
        assert_eq!(error.weak_password_reasons(), expected, "{reasons}");
        assert_eq!(error.code(), Some(&ErrorCode::WeakPassword));
    }
}

/// A value that is neither a code nor a message.
fn odd() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!("")),
        Just(json!(" \n")),
    ];
    scalar.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

/// Any name that a server might use, also those of codes and messages.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "code",
        "error_code",
        "error",
        "msg",
        "message",
        "error_description",
        "detail",
        "hint",
        "error_id",
        "weak_password",
        "status",
        "errors",
        "title",
        "Message",
        "errorCode",
    ];
    prop_oneof![prop::sample::select(known.to_vec()).prop_map(str::to_owned), "\\PC{0,10}"]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn no_neighbor_costs_the_code_or_the_message(
        neighbors in prop::collection::vec((name(), odd()), 0..8),
        status in prop::option::of((prop::sample::select(vec!["code", "error_code", "status"]), "[1-5][0-9]{2}")),
        code in prop::sample::select(vec!["code", "error_code", "errorCode", "error"]),
        message in prop::sample::select(vec!["message", "msg", "error_description", "detail", "Message"]),
        wrappers in prop::collection::vec((any::<bool>(), prop::sample::select(vec!["error", "errors", "data"])), 0..4),
        at in any::<Index>(),
    ) {
        let mut members: Vec<(String, Value)> = neighbors;
        members.extend(status.map(|(name, status)| (name.to_owned(), json!(status))));
        members.retain(|(name, _)| name != code && name != message);
        let place = at.index(members.len() + 1);
        members.insert(place, (code.to_owned(), json!("over_quota")));
        members.insert(place, (message.to_owned(), json!("too much")));
        let mut body = Value::Object(members.into_iter().collect::<Map<_, _>>());
        for (is_list, name) in wrappers {
            body = if is_list { json!([body]) } else { json!({ name: body, "status": 403 }) };
        }
        let error = error_of(403, body.to_string().as_bytes());
        prop_assert_eq!(error.code().map(ErrorCode::as_str), Some("over_quota"), "{}", body);
        prop_assert_eq!(error.api().unwrap().message(), "too much", "{}", body);
    }
}
