//! Error responses of servers and gateways: each is decoded without loss, and only one that rejects the session ends
//! it.

use std::time::Duration;

use gotrue::{Error, ErrorCode, Password, SignUp, types::WeakPasswordReason};
use serde_json::{Value, json};
use support::{ACCESS_TOKEN, client_of, server_that_answers};
use wiremock::ResponseTemplate;

fn reply(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn page(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "text/html")
}

/// The error of a sign-in that receives this response.
async fn sign_in_error(reply: ResponseTemplate) -> Error {
    let server = server_that_answers(reply).await;
    client_of(&server).sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap_err()
}

/// The error of a refresh that receives this response.
async fn refresh_error(reply: ResponseTemplate) -> Error {
    let server = server_that_answers(reply).await;
    client_of(&server).refresh("f5pr2ljsaq5q").await.unwrap_err()
}

/// The error of a call as a user that receives this response.
async fn user_error(reply: ResponseTemplate) -> Error {
    let server = server_that_answers(reply).await;
    client_of(&server).user(ACCESS_TOKEN).get().await.unwrap_err()
}

#[tokio::test]
async fn every_error_format_has_status_code_and_message() {
    let weak = json!({ "reasons": ["length", "new_rule"] });
    let shapes = [
        // API version 2024-01-01.
        (400, json!({ "code": "invalid_credentials", "message": "no" }), Some("invalid_credentials"), "no"),
        (422, json!({ "code": "weak_password", "message": "no", "weak_password": weak }), Some("weak_password"), "no"),
        // The format before it.
        (422, json!({ "code": 422, "error_code": "same_password", "msg": "no" }), Some("same_password"), "no"),
        (
            500,
            json!({ "code": 500, "error_code": "unexpected_failure", "msg": "no", "error_id": "r-1" }),
            Some("unexpected_failure"),
            "no",
        ),
        (
            422,
            json!({ "code": 422, "error_code": "weak_password", "msg": "no", "weak_password": weak }),
            Some("weak_password"),
            "no",
        ),
        // A server of 2023.
        (422, json!({ "code": 422, "msg": "no" }), None, "no"),
        (500, json!({ "code": 500, "msg": "no", "error_id": "r-1" }), None, "no"),
        // OAuth.
        (400, json!({ "error": "invalid_grant", "error_description": "no" }), Some("invalid_grant"), "no"),
        (400, json!({ "error": "unsupported_grant_type" }), Some("unsupported_grant_type"), "unsupported_grant_type"),
        (400, json!({ "error": "invalid nonce", "error_description": "no" }), Some("invalid nonce"), "no"),
        // An error of the database.
        (500, json!({ "code": "23505", "message": "no", "hint": "h", "detail": "d" }), Some("23505"), "no"),
        // A gateway and Netlify.
        (401, json!({ "message": "No API key found in request" }), None, "No API key found in request"),
        (401, json!({ "code": 401, "msg": "no" }), None, "no"),
    ];
    for (status, body, code, message) in shapes {
        let error = sign_in_error(reply(status, &body)).await;
        assert_eq!(error.status().unwrap().as_u16(), status, "{body}");
        assert_eq!(error.code().map(ErrorCode::as_str), code, "{body}");
        let Error::Api(api) = &error else { panic!("{error:?}") };
        assert_eq!(api.message(), message, "{body}");
        let text = error.to_string();
        assert!(text.contains(&status.to_string()) && text.contains(message), "{text}");
        if body.get("weak_password").is_some() {
            let reasons = [WeakPasswordReason::Length, WeakPasswordReason::from("new_rule")];
            assert_eq!(error.weak_password_reasons(), reasons);
        }
        assert_eq!(error.request_id(), body.get("error_id").and_then(Value::as_str));
        assert_eq!(api.hint(), body.get("hint").and_then(Value::as_str));
    }
}

#[tokio::test]
async fn the_code_in_the_header_takes_precedence_over_the_body() {
    let body = json!({ "code": "23505", "message": "duplicate key" });
    let error = sign_in_error(reply(500, &body).insert_header("x-sb-error-code", "unexpected_failure")).await;
    assert_eq!(error.code(), Some(&ErrorCode::UnexpectedFailure));
    for code in ErrorCode::KNOWN {
        let error = sign_in_error(page(400, "").insert_header("x-sb-error-code", code.as_str())).await;
        assert_eq!(error.code(), Some(code));
        assert!(error.to_string().contains(code.as_str()));
    }
}

#[tokio::test]
async fn an_error_body_that_is_not_json_keeps_its_status_and_start() {
    let gateway = "<html>\n<head><title>502 Bad Gateway</title></head></html>";
    let bodies = [
        (502, gateway, "<html> <head><title>502 Bad Gateway</title></head></html>"),
        (404, "404 page not found\n", "404 page not found"),
        (503, "", "Service Unavailable"),
        (500, "null", "null"),
        (500, "[1]", "[1]"),
        (418, "{\"detail\": {\"deep\": 1}}", "{\"detail\": {\"deep\": 1}}"),
    ];
    for (status, body, message) in bodies {
        let error = sign_in_error(page(status, body)).await;
        let Error::Api(api) = &error else { panic!("{error:?}") };
        assert_eq!((api.status().as_u16(), api.message(), api.code()), (status, message, None));
        assert_eq!(error.is_retryable(), status >= 500);
    }
}

#[tokio::test]
async fn a_success_body_that_is_not_json_is_an_unreadable_reply() {
    let replies = [
        (page(200, "<html>Please log in to the Wi-Fi</html>"), true, "Wi-Fi"),
        (page(200, ""), true, "the response cannot be read"),
        (reply(200, &json!({ "hello": "world" })), false, "the response cannot be read"),
        (reply(200, &json!([])), false, "the response cannot be read"),
        (ResponseTemplate::new(204), true, "the response cannot be read"),
    ];
    for (reply, transient, text) in replies {
        let error = refresh_error(reply).await;
        assert!(matches!(error, Error::UnreadableResponse(_)), "{error:?}");
        assert!(error.status().unwrap().is_success());
        assert!(error.to_string().contains(text), "{error}");
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(error.is_retryable(), transient);
        assert!(!error.ends_session());
    }
}

#[tokio::test]
async fn an_invalid_field_is_named() {
    let mut session = support::session();
    session["user"]["id"] = json!("no-uuid");
    let error = refresh_error(reply(200, &session)).await;
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("UUID") && !cause.contains("f5pr2"), "{cause}");
}

#[tokio::test]
async fn a_missing_response_does_not_end_the_session() {
    // A port that was free a moment ago.
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = gotrue::Client::builder().base_url(format!("http://{unused}")).retries(0).build().unwrap();
    let error = client.refresh("f5pr2ljsaq5q").await.unwrap_err();
    let Error::Connection(cause) = &error else { panic!("{error:?}") };
    assert!(cause.is_connect() && !cause.is_timeout());
    assert!(error.is_retryable() && !error.ends_session() && error.status().is_none());
    assert_eq!(error.to_string(), "token: the server could not be reached");
    assert!(!format!("{error:?}").contains("grant_type"), "the URL is not for logs");
}

#[tokio::test]
async fn only_a_rejection_by_the_server_ends_a_session() {
    let verdicts = [
        "refresh_token_not_found",
        "refresh_token_already_used",
        "session_not_found",
        "session_expired",
        "user_banned",
        "user_not_found",
    ];
    for code in verdicts {
        let body = json!({ "code": code, "message": "no" });
        assert!(refresh_error(reply(400, &body)).await.ends_session(), "{code}");
        assert!(user_error(reply(403, &body)).await.ends_session(), "{code}");
        // A sign-in has no session to end.
        assert!(!sign_in_error(reply(400, &body)).await.ends_session(), "{code}");
    }
    for code in ["conflict", "over_request_rate_limit", "bad_jwt", "unexpected_failure"] {
        let body = json!({ "code": code, "message": "no" });
        for status in [400, 403, 408, 409, 429, 500, 503] {
            assert!(!refresh_error(reply(status, &body)).await.ends_session(), "{status} {code}");
        }
    }
    for status in [400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504] {
        assert!(!refresh_error(page(status, "<html></html>")).await.ends_session(), "{status}");
        assert!(!user_error(page(status, "")).await.ends_session(), "{status}");
    }
}

#[tokio::test]
async fn invalid_grant_of_an_older_server_ends_the_session_only_on_refresh() {
    let spent = json!({ "error": "invalid_grant", "error_description": "Invalid Refresh Token: Already Used" });
    assert!(refresh_error(reply(400, &spent)).await.ends_session());
    let wrong = json!({ "error": "invalid_grant", "error_description": "Invalid login credentials" });
    assert!(!sign_in_error(reply(400, &wrong)).await.ends_session());
    assert!(!user_error(reply(400, &wrong)).await.ends_session());
}

#[tokio::test]
async fn temporary_errors_are_retryable() {
    for status in [408, 409, 425, 429, 500, 502, 503, 504, 520] {
        assert!(sign_in_error(page(status, "")).await.is_retryable(), "{status}");
    }
    for status in [400, 401, 403, 404, 413, 422, 501] {
        assert!(!sign_in_error(page(status, "")).await.is_retryable(), "{status}");
    }
}

#[tokio::test]
async fn the_retry_delay_is_read_from_the_header_or_the_message() {
    let limit = |text: &str| json!({ "code": "over_email_send_rate_limit", "message": text });
    let seconds = sign_in_error(reply(429, &limit("email rate limit exceeded")).insert_header("retry-after", "7"));
    assert_eq!(seconds.await.retry_after(), Some(Duration::from_secs(7)));
    let date = reply(503, &limit(""))
        .insert_header("date", "Tue, 24 Nov 2026 00:00:00 GMT")
        .insert_header("retry-after", "Tue, 24 Nov 2026 00:01:30 GMT");
    assert_eq!(sign_in_error(date).await.retry_after(), Some(Duration::from_secs(90)));
    let text = limit("For security purposes, you can only request this after 42 seconds.");
    assert_eq!(sign_in_error(reply(429, &text)).await.retry_after(), Some(Duration::from_secs(42)));
    let one = limit("For security purposes, you can only request this after 1 second.");
    assert_eq!(sign_in_error(reply(429, &one)).await.retry_after(), Some(Duration::from_secs(1)));
    for odd in ["soon", "-1", "99999999999999999999"] {
        let error = sign_in_error(reply(429, &limit("slow down")).insert_header("retry-after", odd)).await;
        assert_eq!(error.retry_after(), None, "{odd}");
    }
}

#[tokio::test]
async fn an_error_has_the_request_id() {
    for name in ["x-request-id", "sb-request-id", "cf-ray"] {
        // An error, a success that cannot be read, and a redirect.
        for status in [502, 200, 302] {
            let error = sign_in_error(page(status, "").insert_header(name, "r-7")).await;
            assert_eq!(error.request_id(), Some("r-7"), "{status}");
        }
    }
}

#[tokio::test]
async fn an_error_is_small_and_fits_into_boxed_errors() {
    fn fits<T: std::error::Error + Send + Sync + 'static>() -> usize {
        size_of::<T>()
    }
    assert!(fits::<Error>() <= 48, "{}", fits::<Error>());
}

#[test]
fn all_error_codes_of_the_server_are_known() {
    let document = gotrue_openapi::document::gotrue().unwrap();
    let codes = document["components"]["schemas"]["ErrorCode"]["x-known-values"].as_object().unwrap();
    let known: Vec<&str> = ErrorCode::KNOWN.iter().map(ErrorCode::as_str).collect();
    assert!(codes.len() > 100 && codes.keys().all(|code| known.contains(&code.as_str())));
    assert_eq!(known.len(), codes.len());
    assert!(ErrorCode::KNOWN.contains(&ErrorCode::from("refresh_token_already_used")));
    let tomorrow = ErrorCode::from("code_of_tomorrow");
    assert!(!ErrorCode::KNOWN.contains(&tomorrow));
    assert_eq!(tomorrow, "code_of_tomorrow");
}

#[tokio::test]
async fn an_existing_user_is_recognized_by_the_code() {
    let body = json!({ "code": "user_already_exists", "message": "User already registered" });
    let server = server_that_answers(reply(422, &body)).await;
    let error = client_of(&server).sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::UserAlreadyExists));
    let text = "sign_up: the server returned 422 user_already_exists: User already registered";
    assert_eq!(error.to_string(), text);
}
