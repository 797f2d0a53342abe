//! Secrets are never printed: not in Debug, not in Display, not in errors. Logs are in `telemetry/secrets.rs`.
//!
//! Each test plants tokens and looks for them in every text that comes out.

use std::fmt::{Debug, Write as _};

use gotrue::{
    Anonymous, AuthorizationCode, Client, IdToken, PasskeyAssertion, Password, PkceVerifier, ProfileUpdate, Provider,
    Recover, RefreshToken, Resend, Secret, SignInMessage, SignUp, Sso, VerifyOtp, Web3,
    admin::Invite,
    oauth::{ClientAuthentication, OAuthFlow},
    types::OtpType,
    uuid::Uuid,
};
use serde_json::json;
use support::{
    client_of,
    planted::{PLANTED, assert_clean},
    server_that_answers,
};
use wiremock::ResponseTemplate;

fn debug(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// An error as a log would print it: with all of its causes.
pub fn all_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    text
}

#[test]
fn a_secret_prints_as_redacted() {
    assert_eq!(format!("{:?}", Secret::from(PLANTED[0])), "[redacted]");
    assert_eq!(format!("{:#?}", Some(Secret::from(PLANTED[0]))), "Some(\n    [redacted],\n)");
}

#[tokio::test]
async fn no_public_type_prints_a_secret() {
    let planted = PLANTED[0];
    let client = Client::builder().api_key(planted).header("x-gateway-key", planted).build().unwrap();
    let verifier = PkceVerifier::from_secret(PLANTED[2].replace('.', "-")).unwrap();
    let (_, other) = client.authorize(Provider::Github).pkce().unwrap();
    assert!(!debug(&other).contains(other.secret().expose()));
    let texts = [
        debug(&client),
        debug(&Client::builder().api_key(planted).header("x-gateway-key", planted)),
        debug(&client.user(planted)),
        debug(&client.admin(planted)),
        debug(&client.raw()),
        debug(&client.user(planted).raw().await.unwrap()),
        debug(&client.admin(planted).raw().unwrap()),
        debug(&client.jwt_verifier().hs256_secret(planted)),
        debug(&SignUp::email("ada@example.com", planted).captcha_token(planted)),
        debug(&Password::email("ada@example.com", planted).captcha_token(planted)),
        debug(&RefreshToken::new(PLANTED[1])),
        debug(&AuthorizationCode::new(planted, verifier.clone())),
        debug(&verifier),
        debug(&VerifyOtp::email("ada@example.com", planted)),
        debug(&VerifyOtp::token_hash(PLANTED[3], OtpType::Recovery)),
        debug(&SignInMessage::email("ada@example.com").captcha_token(planted)),
        debug(&SignInMessage::email("ada@example.com").captcha_token(planted)),
        debug(&Recover::email("ada@example.com").captcha_token(planted)),
        debug(&Resend::sign_up("ada@example.com").captcha_token(planted)),
        debug(&ProfileUpdate::new().password(planted).current_password(planted).nonce(planted)),
        debug(&Invite::email("ada@example.com")),
        debug(&Anonymous::new().captcha_token(planted)),
        debug(&IdToken::new(Provider::Google, PLANTED[2]).nonce(planted).access_token(planted)),
        debug(&Web3::ethereum("message", planted).captcha_token(planted)),
        debug(&PasskeyAssertion::new(Uuid::from_u128(1), planted)),
        debug(&PasskeyAssertion::new(Uuid::from_u128(1), assertion(planted))),
        debug(&Sso::domain("acme.example").captcha_token(planted)),
        debug(&client.sso(Sso::domain("acme.example").captcha_token(planted))),
        debug(&client.user(planted).mfa()),
        debug(&client.user(planted).passkeys()),
        debug(&client.user(planted).identities()),
        debug(&client.user(planted).identities().link(Provider::Github)),
        debug(&client.user(planted).oauth()),
        debug(&client.oauth_app(Uuid::from_u128(1), planted)),
        debug(&client.oauth_app(Uuid::from_u128(1), planted).raw().unwrap()),
        debug(&client.oauth_app(Uuid::from_u128(1), ClientAuthentication::SecretPost(planted.into()))),
        debug(&ClientAuthentication::SecretBasic(planted.into())),
        debug(&OAuthFlow::new("https://app.example.com/", planted, verifier.clone())),
    ];
    for text in texts {
        assert_clean(&text);
    }
}

/// How an authenticator proves itself.
fn assertion(signature: &str) -> serde_json::Value {
    let response = json!({ "clientDataJSON": "e30", "authenticatorData": "AA", "signature": signature });
    json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": response })
}

#[tokio::test]
async fn no_generated_type_prints_a_secret() {
    let mut session = support::session();
    for field in ["access_token", "provider_token", "provider_refresh_token", "id_token"] {
        session[field] = json!(PLANTED[2]);
    }
    session["refresh_token"] = json!(PLANTED[1]);
    let wire: gotrue::types::Session = serde_json::from_value(session.clone()).unwrap();
    assert_clean(&debug(&wire));
    assert_clean(&debug(&gotrue::types::SignUpResult::Session(wire.clone())));
    assert_clean(&debug(&support::session_from(session).await.unwrap()));
    let password: gotrue::types::PasswordGrant = serde_json::from_value(json!({ "password": PLANTED[0] })).unwrap();
    assert_clean(&debug(&gotrue::types::TokenRequest::from(password)));
}

#[tokio::test]
async fn no_error_prints_a_secret_that_a_reply_echoes() {
    let [password, refresh_token, jwt, hash] = PLANTED;
    let mut broken = support::session();
    broken["access_token"] = json!(jwt);
    broken["refresh_token"] = json!(refresh_token);
    broken["expires_in"] = json!(password);
    let echo = format!("<html>you sent {password} and Bearer {jwt} and {refresh_token} and {hash}</html>");
    let json_reply = |status, body| ResponseTemplate::new(status).set_body_json(body);
    let page = |status| ResponseTemplate::new(status).set_body_raw(echo.clone(), "text/html");
    let replies = [
        page(200),
        page(400),
        page(502),
        ResponseTemplate::new(302).insert_header("location", format!("http://x/#access_token={jwt}").as_str()),
        json_reply(200, broken),
        json_reply(200, json!([[jwt, refresh_token]])),
        json_reply(200, json!({ "access_token": jwt })),
        json_reply(400, json!({ "code": "bad_jwt", "message": echo })),
        json_reply(400, json!({ "code": jwt, "msg": echo })),
        json_reply(400, json!({ "error": password, "error_description": echo })),
        json_reply(500, json!({ "code": "23505", "message": echo, "hint": echo, "detail": echo })),
        json_reply(400, json!({ "unknown": { "shape": echo } })),
        json_reply(400, json!({ "code": 400, "msg": echo })).insert_header("x-sb-error-code", jwt),
    ];
    for reply in replies {
        let server = server_that_answers(reply).await;
        let client = client_of(&server);
        let error = client.sign_in(Password::email("ada@example.com", password)).await.unwrap_err();
        assert_clean(&all_of(&error));
        let error = client.refresh(refresh_token).await.unwrap_err();
        assert_clean(&all_of(&error));
        let error = client.user(jwt).get().await.unwrap_err();
        assert_clean(&all_of(&error));
        let error = client.verify_otp(VerifyOtp::token_hash(hash, OtpType::Email)).await.unwrap_err();
        assert_clean(&all_of(&error));
        // A raw error is made clean by its conversion.
        if let Err(error) = client.raw().verify_link(None, &hash.into(), gotrue::types::EmailOtpType::Signup).await {
            assert_clean(&all_of(&gotrue::Error::from_raw(error).await));
        }
    }
    // No answer: the URL and the request do not show either.
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = Client::new(format!("http://{unused}"), jwt).unwrap();
    let error = client.sign_in(Password::email("ada@example.com", password)).await.unwrap_err();
    assert_clean(&all_of(&error));
    let link = client.raw().verify_link(None, &hash.into(), gotrue::types::EmailOtpType::Signup).await;
    assert_clean(&all_of(&gotrue::Error::from_raw(link.err().unwrap()).await));
    // Input that is refused is not repeated.
    let error = Client::new("http://127.0.0.1", format!("{password}\n")).unwrap_err();
    assert_clean(&all_of(&error));
}

#[tokio::test]
async fn no_panic_message_holds_a_secret() {
    let [session, echo] = [
        json!({ "access_token": PLANTED[2], "refresh_token": PLANTED[1], "token_type": "bearer", "expires_in": 3600,
            "user": support::user() }),
        json!({ "code": "bad_jwt", "message": format!("{} is no token: {}", PLANTED[1], PLANTED[2]) }),
    ];
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(session)).await;
    let good = client_of(&server).sign_in(RefreshToken::new(PLANTED[1])).await;
    let server = server_that_answers(ResponseTemplate::new(403).set_body_json(echo)).await;
    let bad = client_of(&server).sign_in(RefreshToken::new(PLANTED[1])).await;

    // As people write it who are sure of what comes.
    assert_clean(&panic_message(move || drop(good.unwrap_err())));
    assert_clean(&panic_message(move || drop(bad.expect("a session"))));
    assert_clean(&panic_message(|| assert_eq!(Secret::from(PLANTED[2]), Secret::from(PLANTED[1]))));
}

fn panic_message(panics: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).unwrap_err();
    *panic.downcast::<String>().expect("a message with something in it")
}
