//! A session of another user where this one's is expected. Kinds: every response that continues a session, and the
//! redirects that start one.

use gotrue::{Error, IdToken, Provider, SessionStore, SignOutScope, VerifyOtp, types::OtpType};
use serde_json::{Value, json};
use support::scripted::Step;

use crate::play::{EMAIL, HOUR, Play, names, ok, play, tokens};

const STRANGER: &str = "00000000-0000-4000-8000-000000000001";

fn foreign() -> Value {
    let mut tokens = tokens("foreign");
    tokens["user"]["id"] = json!(STRANGER);
    tokens
}

#[tokio::test]
async fn a_refresh_never_changes_the_user() {
    let play = play([Step::json(200, &foreign())]).await;
    let error = play.auth.access_token().await.unwrap_err();
    assert!(matches!(error, Error::UnreadableResponse(_)), "{error:?}");
    assert_eq!(play.access_token().as_deref(), Some("access-first"));
}

/// Asserts that the stranger's session was refused, and that this user's is kept.
async fn assert_refused<T: std::fmt::Debug>(play: &Play, result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::UnreadableResponse(_)), "{error:?}");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "a session of the same user is missing or invalid"
    );
    assert!(!error.ends_session());
    let stored = play.store.load().await.unwrap().unwrap().to_json().unwrap();
    assert!(!String::from_utf8(stored).unwrap().contains(STRANGER));
    assert_ne!(play.access_token().as_deref(), Some("access-foreign"));
}

#[tokio::test]
async fn no_call_that_continues_the_session_changes_the_user() {
    let foreign = || Step::json(200, &foreign());
    let challenge = json!({ "id": STRANGER, "type": "totp", "expires_at": 1_795_483_533 });

    let play = play([foreign()]).await;
    assert_refused(&play, play.auth.refresh().await).await;

    let play = self::play([ok("second"), Step::json(200, &challenge), foreign()]).await;
    let mfa = play.auth.user().mfa();
    let factor = STRANGER.parse().unwrap();
    assert_refused(&play, mfa.challenge_and_verify(factor, "123456").await).await;

    let play = self::play([ok("second"), foreign()]).await;
    let link = play.auth.user().identities().link_id_token(IdToken::new(Provider::Google, "id.to.ken")).await;
    assert_refused(&play, link).await;

    // The stranger is not signed out either.
    let play = self::play([foreign(), Step::Reply(204, Vec::new(), String::new())]).await;
    play.auth.sign_out(SignOutScope::Local).await.unwrap_err();
    assert_eq!(play.server.requests().len(), 2);
}

#[tokio::test]
async fn a_confirmed_change_of_another_user_is_a_sign_in() {
    let confirm = || VerifyOtp::email(EMAIL, "123456").otp_type(OtpType::EmailChange);
    for (session, event) in [(foreign(), "signed in"), (tokens("same"), "user updated")] {
        let play = play([ok("second"), Step::json(200, &session)]).await;
        play.auth.access_token().await.unwrap();
        let mut events = play.auth.events();
        play.auth.verify_otp(confirm()).await.unwrap();
        assert_eq!(names(&mut events).await, ["initial: session", event]);
    }
    let play = play([Step::Reply(204, Vec::new(), String::new()), Step::json(200, &tokens("same"))]).await;
    play.clock.advance(HOUR);
    let _ = play.auth.sign_out(SignOutScope::Local).await;
    let mut events = play.auth.events();
    play.server.then(Step::json(200, &tokens("same")));
    play.auth.verify_otp(confirm()).await.unwrap();
    assert_eq!(names(&mut events).await, ["initial: none", "signed in"]);
}
