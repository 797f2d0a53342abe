//! Second factors.

mod support;

use gotrue::{
    Assurance, AssuranceLevel, EnrollPhone, EnrollTotp, Error, ErrorCode, FactorChallenge, FactorType, Factors,
    MessageChannel, Mfa, Secret, WebAuthnCeremony,
    raw::types::User,
    uuid::{Uuid, uuid},
};
use serde_json::{Value, json};
use support::{
    last_request,
    recorded::{Recorded, body},
};
use wiremock::MockServer;

/// The user who was recorded, against a server that answers as recorded.
async fn play(name: &str) -> (Recorded, MockServer, Mfa) {
    let recorded = Recorded::load(name);
    let (server, client) = recorded.play().await;
    let mfa = client.user(recorded.access_token()).mfa();
    (recorded, server, mfa)
}

/// The factor in the path of a recorded request.
fn factor_of(recorded: &Recorded) -> Uuid {
    recorded.request["path"].as_str().unwrap().split('/').nth(2).unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_authenticator_is_enrolled() {
    use base64::{Engine, engine::general_purpose::STANDARD};

    let (recorded, server, mfa) = play("095-factor_enroll-totp").await;
    let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone app").issuer("acme")).await.unwrap();
    recorded.assert_repeated(&server).await;
    let totp = &recorded.came()["totp"];
    assert_eq!(factor.id, uuid!("9ef53e3d-404f-4886-9a71-a0470e144fef"));
    assert_eq!(factor.friendly_name.as_deref(), Some("phone app"));
    assert_eq!(factor.secret.expose(), totp["secret"]);
    assert_eq!(factor.uri.expose(), totp["uri"]);
    assert_eq!(factor.qr_code.expose(), totp["qr_code"]);
    let uri = factor.qr_code_data_uri();
    let svg = STANDARD.decode(uri.expose().strip_prefix("data:image/svg+xml;base64,").unwrap()).unwrap();
    assert_eq!(svg, factor.qr_code.expose().as_bytes());
    // All forms of the secret are redacted.
    let printed = format!("{factor:?} {uri:?}");
    assert!(!printed.contains(factor.secret.expose()) && !printed.contains("otpauth") && !printed.contains("svg"));

    let (_, _server, mfa) = play("096-factor_enroll-duplicate-name").await;
    let error = mfa.enroll_totp(EnrollTotp::new()).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MFA_FACTOR_NAME_CONFLICT));
}

#[tokio::test]
async fn a_phone_and_a_security_key_are_enrolled() {
    let (recorded, server, mfa) = play("102-factor_enroll-phone").await;
    let factor = mfa.enroll_phone(EnrollPhone::new("15550000002").friendly_name("sim")).await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!((factor.type_, factor.phone.as_deref()), (FactorType::PHONE, Some("15550000002")));

    let (recorded, server, mfa) = play("104-factor_enroll-webauthn").await;
    let factor = mfa.enroll_webauthn("key").await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!(factor.type_, FactorType::WEBAUTHN);
}

#[tokio::test]
async fn an_enrolment_without_its_secret_is_an_error() {
    // The reply to a phone has no secret in it.
    let (_, _server, mfa) = play("102-factor_enroll-phone").await;
    let error = mfa.enroll_totp(EnrollTotp::new()).await.unwrap_err();
    assert!(matches!(error, Error::UnreadableReply(_)), "{error:?}");
}

#[tokio::test]
async fn a_challenge_is_answered_for_a_session_of_aal2() {
    let (recorded, server, mfa) = play("098-factor_challenge-totp").await;
    let factor = factor_of(&recorded);
    let challenge = mfa.challenge(factor).await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!(challenge.factor_id(), factor);
    assert_eq!(challenge.expires_at().unwrap().timestamp(), 1_795_480_237);
    mfa.challenge_via(factor, MessageChannel::Whatsapp).await.unwrap();
    assert_eq!(body(&last_request(&server).await), json!({ "channel": "whatsapp" }));

    // It can be kept in between.
    let text = serde_json::to_string(&challenge).unwrap();
    assert_eq!(serde_json::from_str::<FactorChallenge>(&text).unwrap(), challenge);

    let (recorded, server, mfa) = play("100-factor_verify-totp").await;
    let challenge_id = recorded.sent()["challenge_id"].as_str().unwrap().parse().unwrap();
    let challenge = FactorChallenge::new(factor_of(&recorded), challenge_id);
    let session = mfa.verify(&challenge, recorded.sent()["code"].as_str().unwrap()).await.unwrap();
    recorded.assert_repeated(&server).await;
    let assurance = Assurance::of(session.access_token(), session.user());
    assert_eq!(assurance.current, Some(AssuranceLevel::Two));
    assert!(!assurance.needs_second_factor());

    let (_, _server, mfa) = play("099-factor_verify-wrong-code").await;
    let error = mfa.verify(&challenge, "000000").await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MFA_VERIFICATION_FAILED));
    assert!(!error.ends_session());
}

#[tokio::test]
async fn challenge_and_verification_go_together() {
    use wiremock::{Mock, matchers::path_regex};

    let (challenge, verify) = (Recorded::load("098-factor_challenge-totp"), Recorded::load("100-factor_verify-totp"));
    let server = MockServer::start().await;
    Mock::given(path_regex("/challenge$")).respond_with(challenge.reply()).mount(&server).await;
    Mock::given(path_regex("/verify$")).respond_with(verify.reply()).mount(&server).await;
    let mfa = support::client_of(&server).user(verify.access_token()).mfa();
    mfa.challenge_and_verify(factor_of(&verify), "123456").await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(body(&requests[1]), json!({ "challenge_id": challenge.came()["id"], "code": "123456" }));
}

#[tokio::test]
async fn an_authenticator_makes_a_credential_and_then_uses_it() {
    let (recorded, server, mfa) = play("105-factor_challenge-webauthn").await;
    let made = mfa.challenge_webauthn(factor_of(&recorded)).await.unwrap();
    assert_eq!(body(&last_request(&server).await), json!({}));
    assert_eq!(made.ceremony, WebAuthnCeremony::CREATE);
    assert_eq!(Value::from(made.options.clone()), recorded.came()["webauthn"]["credential_options"]);

    let (recorded, _server, mfa) = play("246-factor_challenge-webauthn-request").await;
    let used = mfa.challenge_webauthn(factor_of(&recorded)).await.unwrap();
    assert_eq!(used.ceremony, WebAuthnCeremony::REQUEST);
    let kept: gotrue::WebAuthnChallenge = serde_json::from_value(serde_json::to_value(&used).unwrap()).unwrap();

    let (recorded, server, mfa) = play("247-factor_verify-webauthn-request").await;
    let credential = &recorded.sent()["webauthn"]["credential_response"];
    let session = mfa.verify_webauthn(&kept, credential).await.unwrap();
    assert_eq!(Assurance::of(session.access_token(), session.user()).current, Some(AssuranceLevel::Two));
    let request = last_request(&server).await;
    assert_eq!(request.url.path(), recorded.request["path"]);
    let sent = json!({
        "challenge_id": recorded.sent()["challenge_id"],
        "webauthn": { "type": "request", "credential_response": credential },
    });
    assert_eq!(body(&request), sent);

    // A credential of the other kind is not sent.
    let error = mfa.verify_webauthn(&made, credential).await.unwrap_err();
    assert_eq!(error.to_string(), "credential was used, where one is to be made");
    let attestation = Recorded::load("236-passkey_registration_verify-ok").sent()["credential"].clone();
    let error = mfa.verify_webauthn(&used, attestation).await.unwrap_err();
    assert_eq!(error.to_string(), "credential was made, where one is to be used");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_factor_of_another_kind_has_no_webauthn_challenge() {
    let (recorded, _server, mfa) = play("098-factor_challenge-totp").await;
    let error = mfa.challenge_webauthn(factor_of(&recorded)).await.unwrap_err();
    assert!(matches!(error, Error::UnreadableReply(_)), "{error:?}");
}

#[tokio::test]
async fn a_factor_is_removed() {
    let (recorded, server, mfa) = play("106-factor_unenroll-webauthn").await;
    mfa.unenroll(factor_of(&recorded)).await.unwrap();
    recorded.assert_repeated(&server).await;

    let (recorded, _server, mfa) = play("107-factor_unenroll-not-found").await;
    let error = mfa.unenroll(factor_of(&recorded)).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MFA_FACTOR_NOT_FOUND));
}

fn user_with(factors: &[(&str, &str)]) -> User {
    let mut user = support::user();
    let factor = |(number, (kind, status)): (usize, &(&str, &str))| json!({ "id": Uuid::from_u128(number as u128), "factor_type": kind, "status": status });
    user["factors"] = factors.iter().enumerate().map(factor).collect();
    serde_json::from_value(user).unwrap()
}

fn token(claims: &Value) -> Secret {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())).into()
}

#[test]
fn factors_are_grouped_by_type_and_state_and_unknown_types_survive() {
    let user = user_with(&[
        ("totp", "verified"),
        ("totp", "unverified"),
        ("phone", "unverified"),
        ("webauthn", "verified"),
        ("retina-scan", "on-probation"),
    ]);
    let factors = Factors::of(&user);
    let counts = [factors.totp().count(), factors.phone().count(), factors.webauthn().count(), factors.all().len()];
    assert_eq!(counts, [2, 1, 1, 5]);
    assert_eq!((factors.verified().count(), factors.unverified().count()), (2, 2));
    assert_eq!(factors.totp().filter(|factor| factor.is_verified()).count(), 1);
    let unknown = factors.of_type(FactorType::new("retina-scan")).next().unwrap();
    assert_eq!(unknown.status.as_str(), "on-probation");
    let none: User = serde_json::from_value(support::user()).unwrap();
    assert!(Factors::of(&none).all().is_empty());
}

#[test]
fn assurance_comes_from_the_token_and_the_verified_factors() {
    let one = token(&json!({ "aal": "aal1" }));
    let assurance = Assurance::of(&one, &user_with(&[("totp", "unverified")]));
    assert_eq!((&assurance.current, &assurance.next), (&Some(AssuranceLevel::One), &Some(AssuranceLevel::One)));
    assert!(!assurance.needs_second_factor());
    let assurance = Assurance::of(&one, &user_with(&[("retina-scan", "verified")]));
    assert_eq!(assurance.next, Some(AssuranceLevel::Two));
    assert!(assurance.needs_second_factor());

    // A level beyond those of today is no step back.
    let assurance = Assurance::of(&token(&json!({ "aal": "aal3" })), &user_with(&[]));
    assert_eq!(assurance.current.unwrap().to_string(), "aal3");
    for unreadable in ["", "x", "x.y.z", "e30.e30.x"] {
        assert_eq!(Assurance::of(&unreadable.into(), &user_with(&[])).current, None);
    }
}

#[tokio::test]
async fn factors_and_assurance_are_asked_for() {
    let recorded = Recorded::load("091-user_get-with-identities");
    let (server, client) = recorded.play().await;
    let mfa = client.user(recorded.access_token()).mfa();
    assert!(mfa.factors().await.unwrap().all().is_empty());
    recorded.assert_repeated(&server).await;
    let assurance = mfa.assurance().await.unwrap();
    assert_eq!(assurance.current, Some(AssuranceLevel::One));
    assert_eq!(assurance.next, Some(AssuranceLevel::One));
    recorded.assert_repeated(&server).await;
}
