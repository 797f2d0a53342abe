//! Rules for passwords, and for changing them.

use std::time::Duration;

use gotrue::reqwest::Method;
use gotrue_fake::FakeServer;
use serde_json::json;

use crate::{EMAIL, PASSWORD, World, refusal, token};

#[tokio::test]
async fn passwords_have_a_length_and_characters() {
    let settings =
        [("GOTRUE_PASSWORD_MIN_LENGTH", "10"), ("GOTRUE_PASSWORD_REQUIRED_CHARACTERS", "abc:0123456789:\\:-")];
    let world = World::with(&settings).await;
    let sign_up = |password: &str| world.post("/signup", json!({ "email": EMAIL, "password": password }));
    let refused = sign_up("ABC").await;
    assert_eq!(refusal(&refused), (422, "weak_password"));
    assert_eq!(refused.1["weak_password"]["reasons"], json!(["length", "characters"]));
    let message = "Password should be at least 10 characters. Password should contain at least one character of each: \
                   abc, 0123456789, :-.";
    assert_eq!(refused.1["msg"], message);
    let refused = sign_up("abc0123456").await;
    assert_eq!(refused.1["weak_password"]["reasons"], json!(["characters"]));
    assert_eq!(sign_up("abc-0123456").await.0, 200);
}

#[tokio::test]
async fn a_new_password_needs_a_reauthentication_after_a_day() {
    let world = World::with(&[("GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION", "true")]).await;
    let mut session = world.sign_up().await;
    let change = |password: &str| json!({ "password": password });
    assert_eq!(world.send(Method::PUT, "/user", token(&session), change("another-horse-8")).await.0, 200);
    world.clock.advance(Duration::from_secs(24 * 3600 + 1));
    let refresh = json!({ "refresh_token": session["refresh_token"] });
    session = world.post("/token?grant_type=refresh_token", refresh).await.1;
    let refused = world.send(Method::PUT, "/user", token(&session), change("third-horse-9")).await;
    assert_eq!(refusal(&refused), (400, "reauthentication_needed"));
    world.send(Method::GET, "/reauthenticate", token(&session), json!({})).await;
    let with_nonce = |nonce: &str| json!({ "password": "third-horse-9", "nonce": nonce });
    let refused = world.send(Method::PUT, "/user", token(&session), with_nonce("000000")).await;
    assert_eq!(refusal(&refused), (422, "reauthentication_not_valid"));
    let code = world.code(EMAIL);
    assert_eq!(world.send(Method::PUT, "/user", token(&session), with_nonce(code.expose())).await.0, 200);
    // The code is used up.
    let again = json!({ "password": "fourth-horse-1", "nonce": code });
    let refused = world.send(Method::PUT, "/user", token(&session), again).await;
    assert_eq!(refusal(&refused), (422, "reauthentication_not_valid"));
}

#[tokio::test]
async fn a_new_password_needs_the_current_one() {
    let world = World::with(&[("GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD", "true")]).await;
    let session = world.sign_up().await;
    for (current, code) in
        [(json!(null), "current_password_required"), (json!("wrong-horse-1"), "current_password_invalid")]
    {
        let body = json!({ "password": "another-horse-8", "current_password": current });
        let refused = world.send(Method::PUT, "/user", token(&session), body).await;
        assert_eq!(refusal(&refused), (400, code));
        assert_eq!(refused.1["msg"], "Current password required when setting new password.");
    }
    let body = json!({ "password": "another-horse-8", "current_password": PASSWORD });
    assert_eq!(world.send(Method::PUT, "/user", token(&session), body).await.0, 200);
}

#[tokio::test]
async fn leaked_passwords_are_refused() {
    let world = World::with(&[("GOTRUE_PASSWORD_HIBP_ENABLED", "true")]).await;
    let sign_up = |password: &str| json!({ "email": EMAIL, "password": password });
    let refused = world.post("/signup", sign_up("password123")).await;
    assert_eq!(refusal(&refused), (422, "weak_password"));
    assert_eq!(refused.1["weak_password"]["reasons"], json!(["pwned"]));
    let message = "Password is known to be weak and easy to guess, please choose a different one.";
    assert_eq!(refused.1["msg"], message);
    let own = World::of(FakeServer::builder().leaked_passwords([PASSWORD]), &[]).await;
    assert_eq!(refusal(&own.post("/signup", sign_up(PASSWORD)).await), (422, "weak_password"));
    assert_eq!(own.post("/signup", sign_up("password123")).await.0, 200);
}
