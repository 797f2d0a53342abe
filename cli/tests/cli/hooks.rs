//! `gotrue hooks`: secrets, examples that are sent to a service, and signatures.

use gotrue::{
    hooks::{AnyHook, HookSecrets, HookVerifier},
    serde_json::{self, Value},
};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::terminal::Terminal;

/// A service that verifies each request.
struct Service(HookVerifier);

impl Respond for Service {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        match self.0.verify(&request.headers, &request.body) {
            Ok(AnyHook::BeforeUserCreated(_)) => ResponseTemplate::new(200)
                .set_body_json(serde_json::json!({ "error": { "http_code": 403, "message": "only example.org" } })),
            Ok(AnyHook::CustomAccessToken(hook)) => {
                ResponseTemplate::new(200).set_body_json(serde_json::json!({ "claims": hook.claims }))
            }
            Ok(AnyHook::Other(_)) => ResponseTemplate::new(500),
            Ok(_) => ResponseTemplate::new(200).set_body_json(serde_json::json!({})),
            Err(error) => ResponseTemplate::new(error.status()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_example_is_a_valid_request() {
    let mut terminal = Terminal::new();
    let secret = terminal.run("hooks secret").out.trim().to_owned();
    let secrets: HookSecrets = secret.parse().unwrap();
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Service(HookVerifier::new(secrets))).mount(&server).await;
    for (kind, variable) in [
        ("before-user-created", "GOTRUE_HOOK_BEFORE_USER_CREATED_SECRETS"),
        ("after-user-created", "GOTRUE_HOOK_AFTER_USER_CREATED_SECRETS"),
        ("send-email", "GOTRUE_HOOK_SEND_EMAIL_SECRETS"),
        ("send-sms", "GOTRUE_HOOK_SEND_SMS_SECRETS"),
        ("custom-access-token", "GOTRUE_HOOK_CUSTOM_ACCESS_TOKEN_SECRETS"),
        ("password-verification-attempt", "GOTRUE_HOOK_PASSWORD_VERIFICATION_ATTEMPT_SECRETS"),
        ("mfa-verification-attempt", "GOTRUE_HOOK_MFA_VERIFICATION_ATTEMPT_SECRETS"),
    ] {
        terminal.set(variable, &secret);
        let sent = terminal.run(&format!("hooks send {kind} --to {} --json", server.uri()));
        assert_eq!(sent.exit, 0, "{kind}: {} {}", sent.out, sent.err);
        let report: Value = serde_json::from_str(&sent.out).unwrap();
        let expected =
            if kind == "before-user-created" { "refused: the user gets 403 only example.org" } else { "accepted" };
        assert_eq!(report["outcome"], expected, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_the_server_cannot_use_is_a_failure() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    let mut terminal = Terminal::new();
    terminal.set("GOTRUE_HOOK_SEND_SMS_SECRETS", HookSecrets::generate().unwrap().setting().expose());
    let sent = terminal.run(&format!("hooks send send-sms --to {}", server.uri()));
    assert_eq!(sent.exit, 1, "{}", sent.err);
    assert!(sent.out.contains("Unexpected status code returned from hook: 403"), "{}", sent.out);
    let sent = terminal.run("hooks send send-sms --to http://127.0.0.1:1");
    assert_eq!(sent.exit, 3, "{}", sent.err);
}

#[test]
fn a_signature_is_checked() {
    let secrets = HookSecrets::generate().unwrap();
    let body = r#"{"metadata":{"name":"send-sms","uuid":"e1ff5130-939a-46f8-8284-bd2f2aebfe2f"}}"#;
    let signature = secrets.sign("1", 1_700_000_000, body.as_bytes());
    let mut terminal = Terminal::new();
    terminal.set("GOTRUE_HOOK_SEND_SMS_SECRETS", secrets.setting().expose());
    let line = format!("hooks verify send-sms --id 1 --timestamp 1700000000 --signature {signature}");
    let old = terminal.answer(&line, body);
    assert_eq!(old.exit, 1);
    assert!(old.err.contains("was signed"), "{}", old.err);
    let valid = terminal.answer(&format!("{line} --any-time"), body);
    assert_eq!(valid.exit, 0, "{}", valid.err);
    assert!(valid.out.contains("e1ff5130-939a-46f8-8284-bd2f2aebfe2f"), "{}", valid.out);
    let changed = terminal.answer(&format!("{line} --any-time"), &body.replace("sms", "email"));
    assert_eq!(changed.exit, 1);
    assert!(changed.err.contains("signature"), "{}", changed.err);
}

#[test]
fn an_unusable_secret_is_named_but_not_printed() {
    let mut terminal = Terminal::new();
    terminal.set("GOTRUE_HOOK_SEND_SMS_SECRETS", "whsec_my-secret");
    let sent = terminal.run("hooks send send-sms --to http://127.0.0.1:1");
    assert_eq!(sent.exit, 2);
    assert!(sent.err.contains("GOTRUE_HOOK_SEND_SMS_SECRETS") && !sent.err.contains("my-secret"), "{}", sent.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hook_requires_of_its_response_is_checked() {
    let mut terminal = Terminal::new();
    let secret = HookSecrets::generate().unwrap().setting().expose().to_owned();
    terminal.set("GOTRUE_HOOK_CUSTOM_ACCESS_TOKEN_SECRETS", &secret);
    terminal.set("GOTRUE_HOOK_PASSWORD_VERIFICATION_ATTEMPT_SECRETS", &secret);
    terminal.set("GOTRUE_HOOK_MFA_VERIFICATION_ATTEMPT_SECRETS", &secret);
    for (kind, body, exit, outcome) in [
        (
            "custom-access-token",
            "{}",
            1,
            "failed: the user gets 500 unexpected_failure: output claims field is missing",
        ),
        (
            "custom-access-token",
            r#"{"claims": {"sub": "x"}}"#,
            1,
            "failed: the user gets 500 unexpected_failure: output",
        ),
        (
            "password-verification-attempt",
            r#"{"decision": "reject"}"#,
            0,
            "refused: the user gets 400 Further password",
        ),
        ("mfa-verification-attempt", r#"{"decision": "reject", "message": "no"}"#, 0, "refused: the user gets 403 no"),
    ] {
        let server = MockServer::start().await;
        let response = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        Mock::given(any()).respond_with(response).mount(&server).await;
        let sent = terminal.run(&format!("hooks send {kind} --to {} --json", server.uri()));
        assert_eq!(sent.exit, exit, "{kind} {body}: {} {}", sent.out, sent.err);
        let report: Value = serde_json::from_str(&sent.out).unwrap();
        assert!(report["outcome"].as_str().unwrap().starts_with(outcome), "{kind} {body}: {}", sent.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_on_this_machine_is_called_without_a_proxy() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let mut terminal = Terminal::new();
    terminal.set("GOTRUE_HOOK_SEND_SMS_SECRETS", HookSecrets::generate().unwrap().setting().expose());
    for proxy in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        terminal.set(proxy, "http://127.0.0.1:1");
    }
    let sent = terminal.run(&format!("hooks send send-sms --to {}", server.uri()));
    assert_eq!(sent.exit, 0, "{}", sent.err);
    terminal.set("GOTRUE_URL", "http://auth.invalid");
    let sent = terminal.run("hooks send send-sms --to http://127.0.0.1:1/hook");
    assert!(sent.err.contains("cannot reach the service (http://127.0.0.1:1/hook)"), "{}", sent.err);
    assert!(!sent.err.contains("auth.invalid"), "the auth server has nothing to do with it: {}", sent.err);
}
