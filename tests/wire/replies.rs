//! Unusual but valid responses: those of older, current and future servers decode.

use chrono::{DateTime, Duration, Utc};
use gotrue::{
    Client, Password, SignUp, SignUpOutcome, VerifyOtp, VerifyOtpOutcome,
    types::{FactorType, WeakPasswordReason},
};
use gotrue_fake::ManualClock;
use serde_json::{Value, json};
use support::{API_KEY, client_of, server_that_answers, session, session_from, user};
use wiremock::ResponseTemplate;

/// A session with a change of its user.
fn session_with(change: impl FnOnce(&mut Value)) -> Value {
    let mut session = session();
    change(&mut session["user"]);
    session
}

/// A value without some fields.
fn without(mut value: Value, fields: &[&str]) -> Value {
    for field in fields {
        value.as_object_mut().unwrap().remove(*field);
    }
    value
}

#[tokio::test]
async fn a_session_without_expires_at_expires_after_its_lifetime() {
    let clock = ManualClock::new();
    let reply = without(session(), &["expires_at"]);
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(reply)).await;
    let builder = Client::builder().base_url(server.uri()).api_key(API_KEY).clock(clock.clone());
    let client = builder.build().unwrap();
    let session = client.sign_in(Password::email("ada@example.com", "password")).await.unwrap();
    let receipt = gotrue::Clock::now(&clock);
    assert_eq!(session.expires_at(), receipt + Duration::seconds(3600));
    assert!(!session.is_expired_at(receipt + Duration::seconds(3599)));
    assert!(session.is_expired_at(receipt + Duration::seconds(3600)));
}

#[tokio::test]
async fn the_clock_of_the_server_does_not_affect_the_expiry() {
    let mut reply = session();
    reply["expires_at"] = json!(1);
    let session = session_from(reply).await.unwrap();
    assert!(!session.is_expired_at(Utc::now()));
}

#[tokio::test]
async fn a_huge_lifetime_does_not_overflow() {
    for lifetime in [i64::MAX, 9_000_000_000_000] {
        let mut reply = session();
        reply["expires_in"] = json!(lifetime);
        assert_eq!(session_from(reply).await.unwrap().expires_at(), DateTime::<Utc>::MAX_UTC);
    }
}

#[tokio::test]
async fn identities_may_be_null_or_absent() {
    let null = session_from(session_with(|user| user["identities"] = Value::Null)).await.unwrap();
    assert!(null.user().identities.is_none());
    let absent = session_from(session_with(|user| *user = without(user.take(), &["identities"]))).await.unwrap();
    assert!(absent.user().identities.is_none());
    let empty = session_from(session_with(|user| user["identities"] = json!([]))).await.unwrap();
    assert_eq!(empty.user().identities.as_ref().map(Vec::len), Some(0));
}

#[tokio::test]
async fn a_user_needs_only_an_id() {
    let bare = session_from(session_with(|user| *user = json!({ "id": user["id"] }))).await.unwrap();
    assert!(bare.user().last_sign_in_at.is_none() && bare.user().is_anonymous.is_none());
    let nulls = session_from(session_with(|user| {
        for (name, value) in user.as_object_mut().unwrap() {
            if name != "id" {
                *value = Value::Null;
            }
        }
    }));
    assert!(nulls.await.unwrap().user().email.is_none());
}

#[tokio::test]
async fn metadata_of_any_type_is_kept() {
    let odd = json!({ "a": [1, null, { "b": true }], "c": 1.5, "d": "", "": {} });
    for metadata in [odd, json!([]), json!("text"), json!(7), json!(false), json!({})] {
        let reply = session_with(|user| {
            user["user_metadata"] = metadata.clone();
            user["app_metadata"] = metadata.clone();
        });
        let session = session_from(reply).await.unwrap();
        assert_eq!(session.user().user_metadata.as_ref(), Some(&metadata));
        assert_eq!(session.user().app_metadata.as_ref(), Some(&metadata));
    }
    let null = session_from(session_with(|user| user["user_metadata"] = Value::Null)).await.unwrap();
    assert!(null.user().user_metadata.is_none());
}

#[tokio::test]
async fn a_factor_of_an_unknown_type_is_kept() {
    let factor = json!({ "id": "7242e3e7-f8f5-4de5-ad11-ba1aae8f3ace", "factor_type": "face", "status": "lost" });
    let session = session_from(session_with(|user| user["factors"] = json!([factor]))).await.unwrap();
    let factor = &session.user().factors.as_ref().unwrap()[0];
    assert_eq!(factor.factor_type, "face");
    assert_eq!(factor.status.as_str(), "lost");
    assert!(!FactorType::KNOWN.contains(&factor.factor_type));
    for factors in [json!(null), json!([])] {
        session_from(session_with(|user| user["factors"] = factors)).await.unwrap();
    }
}

#[tokio::test]
async fn a_weak_password_does_not_prevent_a_sign_in() {
    let mut reply = session();
    reply["weak_password"] = json!({ "message": "weak", "reasons": ["length", "too_funny"] });
    let session = session_from(reply).await.unwrap();
    let reasons = session.weak_password().unwrap().reasons.clone().unwrap();
    assert_eq!(reasons, [WeakPasswordReason::Length, WeakPasswordReason::from("too_funny")]);
    for weak in [json!(null), json!({}), json!({ "reasons": null })] {
        let mut reply = support::session();
        reply["weak_password"] = weak;
        session_from(reply).await.unwrap();
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let mut reply = session();
    reply["new"] = json!({ "deep": [1] });
    reply["user"]["new"] = json!(1);
    reply["user"]["identities"][0]["new"] = json!("x");
    session_from(reply).await.unwrap();
}

#[tokio::test]
async fn ids_of_providers_and_tokens_may_have_any_format() {
    let mut reply = session();
    reply["refresh_token"] = json!("AbCdEf-_0123456789AbCdEf-_0123456789AbCdEf-_0123456");
    reply["user"]["identities"][0]["id"] = json!("web3:solana:8YhmTcUVqenLWL2zLTBP4EYC3DkqR75auxxaqX7hfzwt");
    reply["user"]["identities"][0]["provider"] = json!("custom:acme");
    let reply = {
        let identity = without(reply["user"]["identities"][0].take(), &["identity_id", "identity_data", "email"]);
        reply["user"]["identities"][0] = identity;
        reply
    };
    let session = session_from(reply).await.unwrap();
    assert_eq!(session.user().identities.as_ref().unwrap()[0].provider, "custom:acme");
}

#[tokio::test]
async fn dates_may_have_a_fraction() {
    for date in [
        "2026-11-24T00:25:33Z",
        "2026-11-24T00:25:33.1Z",
        "2026-11-24T01:25:33.123456789+01:00",
        "0001-01-01T00:00:00Z",
    ] {
        let session = session_from(session_with(|user| user["created_at"] = json!(date))).await.unwrap();
        assert_eq!(session.user().created_at, Some(date.parse::<DateTime<Utc>>().unwrap()));
    }
}

#[tokio::test]
async fn provider_tokens_are_returned() {
    let mut reply = session();
    reply["provider_token"] = json!("gho_x");
    reply["provider_refresh_token"] = json!("ghr_x");
    let session = session_from(reply).await.unwrap();
    assert_eq!(session.provider_token().unwrap().expose(), "gho_x");
    assert_eq!(session.provider_refresh_token().unwrap().expose(), "ghr_x");
}

#[tokio::test]
async fn a_sign_up_returns_a_session_or_a_user() {
    let sign_up = || SignUp::email("ada@example.com", "correct-horse-7");
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(session())).await;
    let SignUpOutcome::Session(session) = client_of(&server).sign_up(sign_up()).await.unwrap() else { panic!() };
    assert_eq!(session.access_token().expose(), support::ACCESS_TOKEN);

    // A user who must confirm, one of a server of 2023, and an obfuscated one.
    let invented = json!({ "id": user()["id"], "role": "", "identities": [], "is_anonymous": false });
    for reply in [user(), without(user(), &["is_anonymous", "last_sign_in_at"]), invented] {
        let server = server_that_answers(ResponseTemplate::new(200).set_body_json(&reply)).await;
        let outcome = client_of(&server).sign_up(sign_up()).await.unwrap();
        let SignUpOutcome::ConfirmationRequired(user) = outcome else { panic!("{outcome:?}") };
        assert_eq!(user.id.to_string(), reply["id"]);
    }
}

#[tokio::test]
async fn the_first_of_two_confirmations_returns_no_session() {
    for code in [json!("200"), Value::Null] {
        let reply = json!({ "msg": "Confirmation link accepted.", "code": code });
        let server = server_that_answers(ResponseTemplate::new(200).set_body_json(reply)).await;
        let verified = client_of(&server).verify_otp(VerifyOtp::email("ada@example.com", "123456")).await.unwrap();
        let VerifyOtpOutcome::ConfirmationPending { message } = verified else { panic!("{verified:?}") };
        assert_eq!(message, "Confirmation link accepted.");
    }
}

#[tokio::test]
async fn any_2xx_status_is_a_success() {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    client_of(&server).user("token").sign_out(gotrue::SignOutScope::Local).await.unwrap();
    let server = server_that_answers(ResponseTemplate::new(201).set_body_json(user())).await;
    client_of(&server).user("token").get().await.unwrap();
}
