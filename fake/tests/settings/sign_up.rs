//! Signing up and in.

use gotrue::reqwest::Method;
use serde_json::json;

use crate::{EMAIL, PASSWORD, PHONE, World, refusal, token};

#[tokio::test]
async fn nobody_signs_up() {
    let world = World::with(&[("GOTRUE_DISABLE_SIGNUP", "true")]).await;
    for body in [json!({ "email": EMAIL, "password": PASSWORD }), json!({})] {
        let refused = world.post("/signup", body).await;
        assert_eq!(refusal(&refused), (422, "signup_disabled"));
        assert_eq!(refused.1["msg"], "Signups not allowed for this instance");
    }
    for body in [json!({ "email": EMAIL }), json!({ "phone": PHONE })] {
        assert_eq!(refusal(&world.post("/otp", body).await), (422, "signup_disabled"));
    }
    let (_, redirect) = world.send(Method::GET, "/authorize?provider=github", "", json!({})).await;
    let callback = redirect["location"].as_str().unwrap().replace(&world.server.url(), "");
    let (_, back) = world.send(Method::GET, &callback, "", json!({})).await;
    assert!(back["location"].as_str().unwrap().contains("error_code=signup_disabled"), "{back}");
    assert_eq!(world.get("/settings").await["disable_signup"], true);
}

#[tokio::test]
async fn email_is_off() {
    let world = World::with(&[("GOTRUE_EXTERNAL_EMAIL_ENABLED", "false")]).await;
    let with_password = json!({ "email": EMAIL, "password": PASSWORD });
    for (path, body, status, message) in [
        ("/signup", &with_password, 400, "Email signups are disabled"),
        ("/token?grant_type=password", &with_password, 422, "Email logins are disabled"),
        ("/otp", &json!({ "email": EMAIL }), 422, "Email logins are disabled"),
        ("/magiclink", &json!({ "email": EMAIL }), 422, "Email logins are disabled"),
        ("/recover", &json!({ "email": EMAIL }), 400, "Email logins are disabled"),
        ("/resend", &json!({ "email": EMAIL, "type": "signup" }), 400, "Email logins are disabled"),
    ] {
        let refused = world.post(path, body.clone()).await;
        assert_eq!(refusal(&refused), (status, "email_provider_disabled"), "{path}");
        assert_eq!(refused.1["msg"], message, "{path}");
    }
    assert_eq!(world.get("/settings").await["external"]["email"], false);

    let world = World::with(&[("GOTRUE_EXTERNAL_EMAIL_MAGIC_LINK_ENABLED", "false")]).await;
    world.sign_up().await;
    let refused = world.post("/otp", json!({ "email": EMAIL })).await;
    assert_eq!(refused.1["msg"], "Login with magic link is disabled");
    assert_eq!(world.post("/recover", json!({ "email": EMAIL })).await.0, 200);
}

#[tokio::test]
async fn phones_are_off() {
    let world = World::with(&[("GOTRUE_EXTERNAL_PHONE_ENABLED", "false")]).await;
    let with_password = json!({ "phone": PHONE, "password": PASSWORD });
    for (path, body, status, message) in [
        ("/signup", &with_password, 400, "Phone signups are disabled"),
        ("/token?grant_type=password", &with_password, 422, "Phone logins are disabled"),
        ("/otp", &json!({ "phone": PHONE }), 400, "Unsupported phone provider"),
        ("/resend", &json!({ "phone": PHONE, "type": "sms" }), 400, "Phone logins are disabled"),
    ] {
        let refused = world.post(path, body.clone()).await;
        assert_eq!(refusal(&refused), (status, "phone_provider_disabled"), "{path}");
        assert_eq!(refused.1["msg"], message, "{path}");
    }
    assert_eq!(world.get("/settings").await["external"]["phone"], false);
}

#[tokio::test]
async fn anonymous_users_and_wallets_are_off() {
    let world = World::with(&[("GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED", "false")]).await;
    assert_eq!(refusal(&world.post("/signup", json!({})).await), (422, "anonymous_provider_disabled"));
    assert_eq!(world.get("/settings").await["external"]["anonymous_users"], false);

    let solana = ("GOTRUE_EXTERNAL_WEB3_SOLANA_ENABLED", "false");
    let ethereum = ("GOTRUE_EXTERNAL_WEB3_ETHEREUM_ENABLED", "false");
    for (settings, message) in
        [(&[solana][..], "Solana Web3 provider is disabled"), (&[solana, ethereum], "Web3 provider is disabled")]
    {
        let world = World::with(settings).await;
        let refused = world.post("/token?grant_type=web3", json!({ "chain": "solana" })).await;
        assert_eq!(refusal(&refused), (422, "web3_provider_disabled"));
        assert_eq!(refused.1["msg"], message);
    }
}

#[tokio::test]
async fn a_captcha_is_required() {
    let world = World::with(&[("GOTRUE_SECURITY_CAPTCHA_ENABLED", "true")]).await;
    let body = |captcha: &str| {
        let security = json!({ "captcha_token": captcha });
        json!({ "email": EMAIL, "password": PASSWORD, "gotrue_meta_security": security })
    };
    for (captcha, why) in [(" ", "no captcha_token found"), ("invalid", "invalid-input-response")] {
        let refused = world.post("/signup", body(captcha)).await;
        assert_eq!(refusal(&refused), (400, "captcha_failed"));
        assert_eq!(refused.1["msg"], format!("captcha protection: request disallowed ({why})"));
    }
    let (_, session) = world.post("/signup", body("solved")).await;
    assert_eq!(refusal(&world.post("/token?grant_type=password", body("")).await), (400, "captcha_failed"));
    // Neither refreshes nor administrators need one.
    let refresh = json!({ "refresh_token": session["refresh_token"] });
    assert_eq!(world.post("/token?grant_type=refresh_token", refresh).await.0, 200);
    let key = world.server.service_key();
    assert_eq!(world.send(Method::POST, "/otp", key.expose(), json!({ "email": EMAIL })).await.0, 200);
}

#[tokio::test]
async fn only_enabled_providers_sign_in() {
    let world = World::with(&[("GOTRUE_EXTERNAL_GITHUB_ENABLED", "false")]).await;
    let refused = world.send(Method::GET, "/authorize?provider=github", "", json!({})).await;
    assert_eq!(refused.1["msg"], "Unsupported provider: provider is not enabled");
    let (status, _) = world.send(Method::GET, "/authorize?provider=google", "", json!({})).await;
    assert_eq!(status, 302);
    let external = &world.get("/settings").await["external"];
    assert_eq!((&external["github"], &external["google"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn an_unverified_address_of_a_provider_may_sign_in() {
    let settings = [("GOTRUE_MAILER_AUTOCONFIRM", "false")];
    for (allowed, expected) in [("false", 422), ("true", 200)] {
        let allow = ("GOTRUE_MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS", allowed);
        let world = World::with(&[settings[0], allow]).await;
        let id_token = world.server.id_token("google", &json!({ "email_verified": false })).unwrap();
        let body = json!({ "provider": "google", "id_token": id_token });
        let (status, answer) = world.post("/token?grant_type=id_token", body).await;
        assert_eq!(status, expected, "{answer}");
        if status == 200 {
            assert!(!token(&answer).is_empty());
        }
    }
}
