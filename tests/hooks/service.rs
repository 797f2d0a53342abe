//! The service: one handler for each hook, and the responses that the server understands.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use gotrue::{
    hooks::{
        Acknowledged, AfterUserCreated, BeforeUserCreated, CustomAccessToken, Decision, Hook, HookService,
        MfaVerificationAttempt, PasswordVerificationAttempt, Refusal, SendEmail, SendSms,
    },
    reqwest::StatusCode,
};
use http::{Request, Response};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::recording::Recording;

/// A service with a handler for each hook, at the time of a recording.
fn service(recording: &Recording) -> HookService {
    HookService::new(recording.verifier())
        .on(async |_: Hook<BeforeUserCreated>| Ok(Acknowledged))
        .on(async |_: Hook<AfterUserCreated>| Ok(Acknowledged))
        .on(async |_: Hook<SendEmail>| Ok(Acknowledged))
        .on(async |_: Hook<SendSms>| Ok(Acknowledged))
        .on(async |hook: Hook<CustomAccessToken>| {
            let mut claims = hook.into_payload().claims;
            claims.set("from_hook", "yes")?;
            Ok(claims)
        })
        .on(async |_: Hook<PasswordVerificationAttempt>| Ok(Decision::proceed()))
        .on(async |_: Hook<MfaVerificationAttempt>| Ok(Decision::proceed()))
}

async fn call(service: HookService, request: Request<String>) -> Response<String> {
    service.oneshot(request).await.unwrap()
}

fn body(response: &Response<String>) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_str(response.body()).unwrap()
}

/// These responses were also given to a real server when the requests were recorded, and it accepted them.
#[tokio::test]
async fn every_recorded_request_gets_the_recorded_response() {
    for (file, recording) in Recording::all() {
        let response = call(service(&recording), recording.http_request()).await;
        assert_eq!(body(&response), recording.reply_given.body, "{file}");
    }
}

#[tokio::test]
async fn a_refusal_has_status_200_and_a_message() {
    let recording = Recording::of("before_user_created");
    for (refusal, code, message) in [
        (Refusal::new("only example.org"), 403, "only example.org"),
        (Refusal::new(""), 403, "refused"),
        (Refusal::new("busy").status(StatusCode::TOO_MANY_REQUESTS).unwrap(), 429, "busy"),
        (Refusal::new("broken").status(StatusCode::INTERNAL_SERVER_ERROR).unwrap(), 500, "broken"),
    ] {
        let service = service(&recording).on(move |_: Hook<BeforeUserCreated>| {
            let refusal = refusal.clone();
            async move { Err(refusal) }
        });
        let response = call(service, recording.http_request()).await;
        assert_eq!(body(&response), json!({ "error": { "http_code": code, "message": message } }));
    }
    for status in [StatusCode::OK, StatusCode::FOUND, StatusCode::NO_CONTENT] {
        let error = Refusal::new("no").status(status).unwrap_err();
        assert!(matches!(error, gotrue::Error::InvalidInput { .. }), "{status}");
    }
}

#[tokio::test]
async fn a_rejection_says_what_it_ends() {
    let recording = Recording::of("password_verification_attempt");
    let service = service(&recording)
        .on(async |_: Hook<PasswordVerificationAttempt>| Ok(Decision::reject().message("locked").sign_out()));
    let response = call(service, recording.http_request()).await;
    assert_eq!(body(&response), json!({ "decision": "reject", "message": "locked", "should_logout_user": true }));
}

#[tokio::test]
async fn claims_that_the_server_would_not_accept_become_a_refusal() {
    let recording = Recording::of("custom_access_token");
    let service = service(&recording)
        .on(async |_: Hook<CustomAccessToken>| Ok(serde_json::from_value(json!({ "sub": "only" })).unwrap()));
    let response = call(service, recording.http_request()).await;
    let error = &body(&response)["error"];
    assert_eq!(error["http_code"], 500);
    assert!(error["message"].as_str().unwrap().starts_with("the server requires the claim"), "{error}");
}

#[tokio::test]
async fn a_request_without_a_valid_signature_learns_nothing() {
    let recording = Recording::of("send_email");
    for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut request = recording.http_request();
        request.headers_mut().insert(header, "1".parse().unwrap());
        let response = call(service(&recording), request).await;
        assert_eq!((response.status(), response.body().as_str()), (StatusCode::UNAUTHORIZED, ""), "{header}");
        assert!(response.headers().is_empty());
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let recording = Recording::of("send_email");
    let length = recording.body().len();
    for (limit, status) in [(length, 200), (length - 1, 413)] {
        let service =
            HookService::new(recording.verifier().body_limit(limit)).on(async |_: Hook<SendEmail>| Ok(Acknowledged));
        assert_eq!(call(service, recording.http_request()).await.status(), status);
    }
}

/// A body that must not be read.
struct Unread;

impl http_body::Body for Unread {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        panic!("the body is read");
    }
}

#[tokio::test]
async fn the_headers_are_checked_before_the_body_is_read() {
    let recording = Recording::of("send_email");
    let now = recording.time().timestamp();
    let limit = recording.body().len();
    let (early, late) = ((now - 301).to_string(), (now + 301).to_string());
    let too_long = (limit + 1).to_string();
    let mut cases = vec![
        ("webhook-timestamp", Some(early.as_str()), 401),
        ("webhook-timestamp", Some(&late), 401),
        ("webhook-timestamp", Some("soon"), 401),
        ("webhook-signature", Some("v2,AAAA"), 401),
        ("webhook-signature", Some("v1,?"), 401),
        ("content-length", Some(&too_long), 413),
    ];
    for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        cases.extend([(header, None, 401), (header, Some(""), 401)]);
    }
    for (header, value, status) in cases {
        let (mut parts, body) = recording.http_request().into_parts();
        match value {
            Some(value) => drop(parts.headers.insert(header, value.parse().unwrap())),
            None => drop(parts.headers.remove(header)),
        }
        let service =
            || HookService::new(recording.verifier().body_limit(limit)).on(async |_: Hook<SendEmail>| Ok(Acknowledged));
        let response = service().oneshot(Request::from_parts(parts.clone(), Unread)).await.unwrap();
        assert_eq!((response.status().as_u16(), response.body().as_str()), (status, ""), "{header}: {value:?}");
        // The same with a body, whose length is what it is.
        if header != "content-length" {
            assert_eq!(call(service(), Request::from_parts(parts, body)).await.status(), status, "{header}: {value:?}");
        }
    }
}

#[tokio::test]
async fn other_methods_and_hooks_without_a_handler() {
    let recording = Recording::of("send_email");
    let mut request = recording.http_request();
    *request.method_mut() = http::Method::GET;
    let response = call(service(&recording), request).await;
    assert_eq!(
        (response.status(), &response.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );

    let service = HookService::new(recording.verifier());
    assert_eq!(call(service.clone(), recording.http_request()).await.status(), 404);
    let service = service.on(async |hook: Hook<Value>| {
        assert_eq!(hook.name(), Some("send-email"));
        Ok(json!({}))
    });
    assert_eq!(body(&call(service, recording.http_request()).await), json!({}));
}
