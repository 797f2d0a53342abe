//! What the server makes of each response, as a real server was seen to do.

use gotrue::{
    hooks::{CustomAccessToken, MfaVerificationAttempt, Outcome, PasswordVerificationAttempt, SendEmail},
    types::ErrorCode,
};
use http::Response;
use serde_json::{Value, json};

use crate::recording::Recording;

fn outcome(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Outcome {
    let mut response = Response::builder().status(status);
    if !content_type.is_empty() {
        response = response.header("content-type", content_type);
    }
    Outcome::of(&response.body(body).unwrap())
}

fn failed(status: u16, code: ErrorCode, message: &str) -> Outcome {
    Outcome::Failed { status, code, message: message.to_owned() }
}

fn refused(status: u16, message: &str) -> Outcome {
    Outcome::Refused { status, message: message.to_owned() }
}

#[test]
fn bodies() {
    const JSON: &str = "application/json";
    let accepted = |output: Value| Outcome::Accepted(output);
    let unreadable = || failed(500, ErrorCode::UnexpectedFailure, "Error unmarshaling JSON output.");
    for (body, expected) in [
        ("{}", accepted(json!({}))),
        ("null", accepted(Value::Null)),
        (r#"{"error":{"http_code":403,"message":"no"}}"#, refused(403, "no")),
        (r#"{"error":{"message":"no"}}"#, refused(500, "no")),
        (r#"{"error":{"http_code":0,"message":"no"}}"#, refused(500, "no")),
        (r#"{"Error":{"HTTP_CODE":403,"Message":"no"}}"#, refused(403, "no")),
        (r#"{"error":{"http_code":200,"message":"no"}}"#, refused(200, "no")),
        (
            r#"{"error":{"http_code":422,"message":""}}"#,
            accepted(json!({ "error": { "http_code": 422, "message": "" } })),
        ),
        (r#"{"error":{"http_code":422}}"#, accepted(json!({ "error": { "http_code": 422 } }))),
        (r#"{"error":"no"}"#, accepted(json!({ "error": "no" }))),
        (r#"{"error":null}"#, accepted(json!({ "error": null }))),
        ("", unreadable()),
        ("no", unreadable()),
        ("[]", unreadable()),
        ("5", unreadable()),
    ] {
        assert_eq!(outcome(200, JSON, body), expected, "{body}");
        assert_eq!(outcome(202, JSON, body), expected, "{body}");
    }
}

#[test]
fn statuses() {
    let unexpected = |message: &str| failed(500, ErrorCode::UnexpectedFailure, message);
    let refusal = r#"{"error":{"http_code":403,"message":"no"}}"#;
    for (status, expected) in [
        (204, Outcome::Accepted(Value::Null)),
        (400, unexpected("Invalid payload sent to hook")),
        (401, unexpected("Hook requires authorization token")),
        (201, unexpected("Unexpected status code returned from hook: 201")),
        (403, unexpected("Unexpected status code returned from hook: 403")),
        (422, unexpected("Unexpected status code returned from hook: 422")),
        (500, unexpected("Unexpected status code returned from hook: 500")),
        (429, unexpected("Service currently unavailable due to hook")),
        (503, unexpected("Service currently unavailable due to hook")),
    ] {
        assert_eq!(outcome(status, "application/json", refusal), expected, "{status}");
    }
    for (status, wait) in [(429, "1"), (503, "true")] {
        let response = Response::builder().status(status).header("retry-after", wait).body("").unwrap();
        assert_eq!(Outcome::of(&response), Outcome::Repeated);
    }
}

#[test]
fn media_types() {
    let invalid = |message: &str| failed(400, ErrorCode::HookPayloadInvalidContentType, message);
    for (content_type, expected) in [
        ("application/json", Outcome::Accepted(json!({}))),
        ("application/json; charset=utf-8", Outcome::Accepted(json!({}))),
        ("Application/JSON;", Outcome::Accepted(json!({}))),
        ("", invalid("Invalid Content-Type: Missing Content-Type header")),
        ("text/plain", invalid("Invalid JSON response. Received content-type: text/plain")),
        ("application/problem+json", invalid("Invalid JSON response. Received content-type: application/problem+json")),
        ("application/json;;", invalid("Invalid Content-Type header: mime: invalid media parameter")),
    ] {
        assert_eq!(outcome(200, content_type, "{}"), expected, "{content_type}");
    }
}

#[test]
fn lengths() {
    let body = |length: usize| format!("{{{}}}", " ".repeat(length - 2));
    assert_eq!(outcome(200, "application/json", body(204_800)), Outcome::Accepted(json!({})));
    let too_long = failed(422, ErrorCode::HookPayloadOverSizeLimit, "Payload size exceeded size limit of 204800 bytes");
    assert_eq!(outcome(200, "application/json", body(204_801)), too_long);
}

/// What each hook requires of its output.
#[test]
fn outputs() {
    let of = |hook: &str, body: &str| {
        let response = Response::builder().header("content-type", "application/json").body(body.to_owned()).unwrap();
        Outcome::of_hook(hook, &response)
    };
    let unexpected = |message: &str| failed(500, ErrorCode::UnexpectedFailure, message);
    let unreadable = || unexpected("Error unmarshaling JSON output.");
    let schema = "output claims do not conform to the expected schema: \n- the server requires the claim `aal`\n";
    let claims = Recording::of("custom_access_token").reply_given.body;
    assert_eq!(of(CustomAccessToken::HOOK, &claims.to_string()), Outcome::Accepted(claims));
    for (output, expected) in [
        ("{}", unexpected("output claims field is missing")),
        ("null", unexpected("output claims field is missing")),
        (r#"{"Claims":{}}"#, unexpected("output claims field is missing")),
        (r#"{"claims":null}"#, unexpected(schema)),
        (r#"{"claims":{}}"#, unexpected(schema)),
        (r#"{"claims":[]}"#, unreadable()),
        (r#"{"claims":{},"error":{"http_code":403,"message":"no"}}"#, refused(403, "no")),
    ] {
        assert_eq!(of(CustomAccessToken::HOOK, output), expected, "{output}");
    }

    let rejected = |what: &str| format!("Further {what} verification attempts will be rejected.");
    for (hook, status, message) in [
        (PasswordVerificationAttempt::HOOK, 400, rejected("password")),
        (MfaVerificationAttempt::HOOK, 403, rejected("MFA")),
    ] {
        for (output, expected) in [
            (r#"{"decision":"reject"}"#, refused(status, &message)),
            (r#"{"decision":"reject","message":""}"#, refused(status, &message)),
            (r#"{"decision":"reject","message":"no"}"#, refused(status, "no")),
            (r#"{"decision":"continue","message":"no"}"#, accepted(r#"{"decision":"continue","message":"no"}"#)),
            // The server ignores the case of names.
            (r#"{"Decision":"reject","MESSAGE":"no"}"#, refused(status, "no")),
            (r#"{"decision":"Reject"}"#, accepted(r#"{"decision":"Reject"}"#)),
            (r#"{"decision":null}"#, accepted(r#"{"decision":null}"#)),
            ("{}", accepted("{}")),
            ("null", accepted("null")),
            (r#"{"decision":7}"#, unreadable()),
            (r#"{"message":[]}"#, unreadable()),
        ] {
            assert_eq!(of(hook, output), expected, "{hook}: {output}");
        }
    }
    let reject = r#"{"decision":"reject","should_logout_user":"yes"}"#;
    assert_eq!(of(PasswordVerificationAttempt::HOOK, reject), unreadable());
    assert_eq!(of(MfaVerificationAttempt::HOOK, reject), refused(403, &rejected("MFA")), "only for passwords");
    for output in ["{}", r#"{"decision":"reject"}"#, r#"{"claims":7}"#] {
        assert_eq!(of(SendEmail::HOOK, output), accepted(output), "other hooks have no output");
    }
}

fn accepted(output: &str) -> Outcome {
    Outcome::Accepted(serde_json::from_str(output).unwrap())
}

/// The server takes JSON nested up to 10,000 levels deep.
#[test]
fn a_deep_output_is_read() {
    let deep = format!("{{\"claims\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(matches!(outcome(200, "application/json", deep), Outcome::Accepted(_)));
}
