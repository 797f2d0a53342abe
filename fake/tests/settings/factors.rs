//! Second factors and passkeys.

use std::time::Duration;

use gotrue::reqwest::Method;
use serde_json::{Value, json};

use crate::{PHONE, World, refusal, token};

async fn enroll(world: &World, session: &Value, kind: &str) -> (u16, Value) {
    let body = json!({ "factor_type": kind, "friendly_name": kind, "phone": PHONE });
    world.send(Method::POST, "/factors", token(session), body).await
}

#[tokio::test]
async fn factors_are_enrolled_and_used_only_if_enabled() {
    for (kind, name, message) in
        [("totp", "TOTP", "TOTP"), ("phone", "PHONE", "Phone"), ("webauthn", "WEB_AUTHN", "WebAuthn")]
    {
        let (enrolling, using) =
            (format!("GOTRUE_MFA_{name}_ENROLL_ENABLED"), format!("GOTRUE_MFA_{name}_VERIFY_ENABLED"));
        let world = World::with(&[(&enrolling, "false")]).await;
        let session = world.sign_up().await;
        let refused = enroll(&world, &session, kind).await;
        assert_eq!(refusal(&refused), (422, format!("mfa_{kind}_enroll_not_enabled").as_str()));
        assert_eq!(refused.1["msg"], format!("MFA enroll is disabled for {message}"));

        let world = World::with(&[(&using, "false")]).await;
        let session = world.sign_up().await;
        let (status, factor) = enroll(&world, &session, kind).await;
        assert_eq!(status, 200, "{factor}");
        let path = format!("/factors/{}/challenge", factor["id"].as_str().unwrap());
        let refused = world.send(Method::POST, &path, token(&session), json!({})).await;
        assert_eq!(refusal(&refused), (422, format!("mfa_{kind}_verify_not_enabled").as_str()));
        assert_eq!(refused.1["msg"], format!("MFA verification is disabled for {message}"));
        // It can still be removed.
        let path = path.trim_end_matches("/challenge");
        assert_eq!(world.send(Method::DELETE, path, token(&session), json!({})).await.0, 200);
    }
}

#[tokio::test]
async fn factors_are_limited_and_challenges_expire() {
    let settings = [("GOTRUE_MFA_MAX_ENROLLED_FACTORS", "1"), ("GOTRUE_MFA_CHALLENGE_EXPIRY_DURATION", "400")];
    let world = World::with(&settings).await;
    let session = world.sign_up().await;
    let (_, factor) = enroll(&world, &session, "totp").await;
    assert_eq!(refusal(&enroll(&world, &session, "phone").await), (422, "too_many_enrolled_mfa_factors"));
    let path = format!("/factors/{}", factor["id"].as_str().unwrap());
    for (wait, status) in [(401, 422), (400, 200)] {
        let (_, challenge) = world.send(Method::POST, &format!("{path}/challenge"), token(&session), json!({})).await;
        world.clock.advance(Duration::from_secs(wait));
        let secret = factor["totp"]["secret"].as_str().unwrap().into();
        let body = json!({ "challenge_id": challenge["id"], "code": world.server.totp_code(&secret).unwrap() });
        let answer = world.send(Method::POST, &format!("{path}/verify"), token(&session), body).await;
        assert_eq!(answer.0, status, "{}", answer.1);
    }
}

#[tokio::test]
async fn codes_to_phones_have_a_length_and_an_interval() {
    let settings = [("GOTRUE_MFA_PHONE_OTP_LENGTH", "7"), ("GOTRUE_MFA_PHONE_MAX_FREQUENCY", "10s")];
    let world = World::with(&settings).await;
    let session = world.sign_up().await;
    let (_, factor) = enroll(&world, &session, "phone").await;
    let path = format!("/factors/{}/challenge", factor["id"].as_str().unwrap());
    let challenge = || world.send(Method::POST, &path, token(&session), json!({}));
    assert_eq!(challenge().await.0, 200);
    assert_eq!(world.code(PHONE).expose().len(), 7);
    assert_eq!(refusal(&challenge().await), (429, "over_sms_send_rate_limit"));
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(challenge().await.0, 200);
}

#[tokio::test]
async fn passkeys_are_off_or_limited() {
    let world = World::with(&[("GOTRUE_PASSKEY_ENABLED", "false")]).await;
    let refused = world.post("/passkeys/authentication/options", json!({})).await;
    assert_eq!((refusal(&refused), &refused.1["msg"]), ((404, "passkey_disabled"), &json!("Passkeys are disabled")));
    assert_eq!(world.get("/settings").await["passkeys_enabled"], false);

    let settings = [
        ("GOTRUE_PASSKEY_MAX_PASSKEYS_PER_USER", "0"),
        ("GOTRUE_WEBAUTHN_CHALLENGE_EXPIRY_DURATION", "1m"),
        ("GOTRUE_WEBAUTHN_RP_ID", "example.com"),
        ("GOTRUE_WEBAUTHN_RP_ORIGINS", "https://example.com"),
    ];
    let world = World::with(&settings).await;
    let session = world.sign_up().await;
    let refused = world.send(Method::POST, "/passkeys/registration/options", token(&session), json!({})).await;
    assert_eq!(refusal(&refused), (422, "too_many_passkeys"));
    let (_, options) = world.post("/passkeys/authentication/options", json!({})).await;
    assert_eq!(options["options"]["rpId"], "example.com");
    // The clock is at the start of 2026.
    assert_eq!(options["expires_at"], 1_767_225_600 + 60);
}

#[tokio::test]
async fn recovery_codes_are_off_or_counted() {
    for (name, code) in [
        ("GOTRUE_MFA_RECOVERY_CODES_ENROLL_ENABLED", "mfa_recovery_codes_enroll_not_enabled"),
        ("GOTRUE_MFA_RECOVERY_CODES_COUNT", ""),
    ] {
        let value = if code.is_empty() { "4" } else { "false" };
        let world = World::with(&[(name, value), ("GOTRUE_MFA_RECOVERY_CODES_CODE_LENGTH", "20")]).await;
        let session = world.sign_up().await;
        let (_, factor) = enroll(&world, &session, "totp").await;
        let path = format!("/factors/{}", factor["id"].as_str().unwrap());
        let (_, challenge) = world.send(Method::POST, &format!("{path}/challenge"), token(&session), json!({})).await;
        let app = world.server.totp_code(&factor["totp"]["secret"].as_str().unwrap().into()).unwrap();
        let body = json!({ "challenge_id": challenge["id"], "code": app });
        let (_, raised) = world.send(Method::POST, &format!("{path}/verify"), token(&session), body).await;
        let answer = world.send(Method::POST, "/factors/recovery-codes", token(&raised), json!({})).await;
        if code.is_empty() {
            let codes: Vec<&str> =
                answer.1["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
            let letters = |code: &str| code.chars().filter(char::is_ascii_alphanumeric).count();
            assert_eq!((codes.len(), letters(codes[0])), (4, 20), "{codes:?}");
        } else {
            assert_eq!(refusal(&answer), (422, code), "{}", answer.1);
        }
    }
    for (name, value) in
        [("COUNT", "3"), ("CODE_LENGTH", "33"), ("MAX_VERIFY_ATTEMPTS", "2"), ("LOCKOUT_DURATION", "30s")]
    {
        let name = format!("GOTRUE_MFA_RECOVERY_CODES_{name}");
        assert!(gotrue_fake::FakeServer::builder().variables([(name, value)]).is_err());
    }
}
