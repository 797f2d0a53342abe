//! What the server makes of each response, as a real server was seen to do.

use gotrue::{hooks::Outcome, types::ErrorCode};
use http::Response;
use serde_json::{Value, json};

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
