//! Recovery codes: requests, responses, and the managed session.

use futures::StreamExt;
use gotrue::{
    Client, Error, ErrorCode, Event, MemoryStore, SessionManager, SignUp,
    types::{AssuranceLevel, AuthenticationMethod, FactorType},
    user::{EnrollTotp, Factors, RecoveryCodes},
};
use gotrue_fake::FakeServer;
use serde_json::{Value, json};
use support::{body, client_of, last_request};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const ID: &str = "9ef53e3d-404f-4886-9a71-a0470e144fef";
const CODE: &str = "mfr3k2tqx7ua5lzc";

/// A server with this response, and the recovery codes of a user there.
async fn answering(status: u16, json: Value) -> (MockServer, RecoveryCodes) {
    let server = MockServer::start().await;
    let reply = ResponseTemplate::new(status).set_body_json(json);
    Mock::given(matchers::any()).respond_with(reply).mount(&server).await;
    let codes = client_of(&server).user("access-token").mfa().recovery_codes();
    (server, codes)
}

async fn sent(server: &MockServer) -> (String, Value) {
    let request = last_request(server).await;
    let body = if request.body.is_empty() { Value::Null } else { body(&request) };
    (format!("{} {}", request.method, request.url.path()), body)
}

#[tokio::test]
async fn codes_are_generated_and_replaced() {
    let set = json!({ "id": ID, "type": "recovery_code", "friendly_name": "paper", "total": 2, "codes": [CODE, "b"] });
    let (server, codes) = answering(200, set).await;
    let set = codes.generate().await.unwrap();
    assert_eq!(sent(&server).await, ("POST /factors/recovery-codes".to_owned(), json!({})));
    assert_eq!((set.id.to_string().as_str(), set.type_.as_ref()), (ID, Some(&FactorType::RecoveryCode)));
    assert_eq!((set.friendly_name.as_deref(), set.total), (Some("paper"), Some(2)));
    assert_eq!(set.codes[0].expose(), CODE);
    // The codes are secrets.
    assert!(!format!("{set:?}").contains(CODE));

    codes.generate_named("paper").await.unwrap();
    assert_eq!(sent(&server).await.1, json!({ "friendly_name": "paper" }));
    codes.regenerate().await.unwrap();
    assert_eq!(sent(&server).await, ("POST /factors/recovery-codes/regenerate".to_owned(), Value::Null));
}

#[tokio::test]
async fn the_rest_is_counted_and_deleted() {
    let status = json!({ "id": ID, "type": "recovery_code", "total": 10, "remaining": 0 });
    let (server, codes) = answering(200, status).await;
    let status = codes.status().await.unwrap();
    assert_eq!(sent(&server).await, ("GET /factors/recovery-codes".to_owned(), Value::Null));
    assert_eq!((status.total, status.remaining), (10, 0));
    codes.delete().await.unwrap();
    assert_eq!(sent(&server).await, ("DELETE /factors/recovery-codes".to_owned(), Value::Null));
}

#[tokio::test]
async fn an_empty_code_or_name_is_never_sent() {
    let (server, codes) = answering(200, json!({})).await;
    for code in ["", " - ", "\u{a0}--\n"] {
        let error = codes.verify(code).await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput { .. }), "{code:?}: {error:?}");
    }
    assert!(matches!(codes.generate_named(" ").await, Err(Error::InvalidInput { .. })));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_in_an_error_is_redacted() {
    let echo = json!({ "code": "mfa_verification_failed", "message": format!("wrong: {CODE}") });
    let (server, codes) = answering(422, echo).await;
    let error = codes.verify(CODE).await.unwrap_err();
    assert_eq!(sent(&server).await, ("POST /factors/recovery-codes/verify".to_owned(), json!({ "code": CODE })));
    assert_eq!(error.code(), Some(&ErrorCode::MfaVerificationFailed));
    assert!(!format!("{error} {error:?}").contains(CODE));
    assert!(!error.ends_session());
}

#[tokio::test]
async fn a_lock_does_not_end_the_session() {
    let locked = json!({ "code": "mfa_recovery_codes_locked", "message": "Too many" });
    let (_server, codes) = answering(429, locked).await;
    let error = codes.verify(CODE).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MfaRecoveryCodesLocked));
    assert!(!error.ends_session());
}

/// A user who is signed in at level aal1 and has recovery codes, and the codes.
async fn with_codes(server: &FakeServer) -> (SessionManager, Vec<gotrue::Secret>) {
    let client: Client = server.client().unwrap();
    let sign_up = SignUp::email("ada@example.com", "correct-horse-7");
    let session = client.sign_up(sign_up).await.unwrap().session().expect("a session");
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new()).await.unwrap();
    let strong = mfa.challenge_and_verify(factor.id, server.totp_code(&factor.secret).unwrap()).await.unwrap();
    let set = client.user(strong.access_token()).mfa().recovery_codes().generate().await.unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_in(gotrue::Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    (auth, set.codes)
}

#[tokio::test]
async fn a_code_raises_the_managed_session() {
    let server = FakeServer::start().await;
    let (auth, codes) = with_codes(&server).await;
    let before = auth.session().unwrap();
    let mut events = auth.events();
    assert!(matches!(events.next().await, Some(Event::InitialSession(Some(_)))));
    let session = auth.user().mfa().recovery_codes().verify(codes[0].clone()).await.unwrap();
    assert_ne!(before.access_token(), session.access_token());
    assert_eq!(auth.session().unwrap().access_token(), session.access_token());
    assert!(matches!(events.next().await, Some(Event::MfaVerified(_))));
    let assurance = auth.user().mfa().assurance().await.unwrap();
    assert_eq!(assurance.current, Some(AssuranceLevel::Aal2));
    let claims = gotrue::Claims::read_unverified(session.access_token()).unwrap();
    assert_eq!(claims.amr[0].method, AuthenticationMethod::MfaRecoveryCode);
    let factor = Factors::of(session.user()).recovery_codes().cloned().expect("a factor");
    assert_eq!((factor.friendly_name.as_deref(), factor.is_verified()), (Some("Recovery codes"), true));

    // A wrong code leaves the session as it is.
    let error = auth.user().mfa().recovery_codes().verify(codes[0].clone()).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MfaVerificationFailed));
    assert_eq!(auth.session().unwrap().access_token(), session.access_token());
}
