//! Email addresses and phone numbers: their confirmation, and the messages to them.

use std::time::Duration;

use gotrue::reqwest::Method;
use gotrue_fake::FakeServerBuilder;
use serde_json::json;

use crate::{EMAIL, PASSWORD, PHONE, World, refusal, token};

#[tokio::test]
async fn emails_and_phones_are_confirmed_separately() {
    for (emails, phones) in [("true", "false"), ("false", "true")] {
        let settings = [("GOTRUE_MAILER_AUTOCONFIRM", emails), ("GOTRUE_SMS_AUTOCONFIRM", phones)];
        let world = World::with(&settings).await;
        let (_, by_email) = world.post("/signup", json!({ "email": EMAIL, "password": PASSWORD })).await;
        let (_, by_phone) = world.post("/signup", json!({ "phone": PHONE, "password": PASSWORD })).await;
        assert_eq!(by_email.get("access_token").is_some(), emails == "true", "{by_email}");
        assert_eq!(by_phone.get("access_token").is_some(), phones == "true", "{by_phone}");
        let told = world.get("/settings").await;
        assert_eq!(told["mailer_autoconfirm"].to_string(), emails);
        assert_eq!(told["phone_autoconfirm"].to_string(), phones);
    }
}

#[tokio::test]
async fn one_or_both_addresses_confirm_a_change() {
    for (secure, old_is_told) in [("true", true), ("false", false)] {
        let settings = [("GOTRUE_MAILER_AUTOCONFIRM", "false"), ("GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED", secure)];
        let world = World::with(&settings).await;
        world.sign_up().await;
        let verify = |email: &str, kind: &str, world: &World| json!({ "email": email, "type": kind, "token": world.code(email) });
        let (_, session) = world.post("/verify", verify(EMAIL, "signup", &world)).await;
        let change = json!({ "email": "new@example.com" });
        assert_eq!(world.send(Method::PUT, "/user", token(&session), change).await.0, 200);
        assert_eq!(world.server.messages_to(EMAIL).len(), if old_is_told { 2 } else { 1 });
        let (_, answer) = world.post("/verify", verify("new@example.com", "email_change", &world)).await;
        assert_eq!(answer.get("access_token").is_none(), old_is_told, "{answer}");
    }
}

#[tokio::test]
async fn a_test_number_has_a_fixed_code() {
    let until = ("GOTRUE_SMS_TEST_OTP_VALID_UNTIL", "2026-01-01T01:00:00Z");
    let settings = [("GOTRUE_SMS_AUTOCONFIRM", "false"), ("GOTRUE_SMS_TEST_OTP", "+15550000001:123456"), until];
    let world = World::with(&settings).await;
    let sent = json!({ "phone": PHONE });
    assert_eq!(world.post("/otp", sent.clone()).await.0, 200);
    assert!(world.server.messages_to(PHONE).is_empty());
    let verify = json!({ "phone": PHONE, "type": "sms", "token": "123456" });
    assert_eq!(world.post("/verify", verify).await.0, 200);
    world.clock.advance(Duration::from_secs(3600));
    world.post("/otp", sent).await;
    assert_eq!(world.server.messages_to(PHONE).len(), 1);
}

#[tokio::test]
async fn codes_have_a_length_and_a_lifetime() {
    let settings = [
        ("GOTRUE_MAILER_AUTOCONFIRM", "false"),
        ("GOTRUE_MAILER_OTP_LENGTH", "8"),
        ("GOTRUE_MAILER_OTP_EXP", "120"),
        ("GOTRUE_SMS_AUTOCONFIRM", "false"),
        ("GOTRUE_SMS_OTP_LENGTH", "10"),
        ("GOTRUE_SMS_OTP_EXP", "30"),
    ];
    let world = World::with(&settings).await;
    for (address, length, lifetime) in [(EMAIL, 8, 120), (PHONE, 10, 30)] {
        let (name, kind) = if address == EMAIL { ("email", "email") } else { ("phone", "sms") };
        for (wait, status) in [(lifetime, 403), (lifetime - 1, 200)] {
            world.post("/otp", json!({ name: address })).await;
            let code = world.code(address);
            assert_eq!(code.expose().len(), length);
            world.clock.advance(Duration::from_secs(wait));
            let answer = world.post("/verify", json!({ name: address, "type": kind, "token": code })).await;
            assert_eq!(answer.0, status, "{}", answer.1);
        }
    }
}

#[tokio::test]
async fn messages_are_sent_to_authorized_addresses_only() {
    let settings = [
        ("GOTRUE_MAILER_AUTOCONFIRM", "false"),
        ("GOTRUE_EXTERNAL_EMAIL_AUTHORIZED_ADDRESSES", "Ada@example.com,root@example.com"),
    ];
    let world = World::with(&settings).await;
    assert_eq!(world.post("/otp", json!({ "email": "ada+test@example.com" })).await.0, 200);
    let refused = world.post("/otp", json!({ "email": "bob@example.com" })).await;
    assert_eq!(refusal(&refused), (400, "email_address_not_authorized"));
    assert_eq!(refused.1["msg"], "Email address \"bob@example.com\" cannot be used as it is not authorized");
}

#[tokio::test]
async fn links_have_the_paths_and_the_external_url_of_the_settings() {
    let settings = [
        ("GOTRUE_MAILER_AUTOCONFIRM", "false"),
        ("GOTRUE_MAILER_URLPATHS_CONFIRMATION", "/auth/v1/verify"),
        ("API_EXTERNAL_URL", "https://api.example.com"),
    ];
    let world = World::with(&settings).await;
    world.sign_up().await;
    let link = world.server.last_message_to(EMAIL).unwrap().link.unwrap();
    assert!(link.expose().starts_with("https://api.example.com/auth/v1/verify?token="), "{}", link.expose());
    world.post("/recover", json!({ "email": EMAIL })).await;
    let link = world.server.last_message_to(EMAIL).unwrap().link.unwrap();
    assert!(link.expose().starts_with("https://api.example.com/verify?token="), "{}", link.expose());
}

#[tokio::test]
async fn the_path_of_the_external_url_is_accepted() {
    let world = World::with(&[("API_EXTERNAL_URL", "http://localhost:8000/auth/v1")]).await;
    for path in ["/health", "/auth/v1/health"] {
        assert_eq!(world.get(path).await["name"], "GoTrue", "{path}");
    }
    assert_eq!(world.get("/.well-known/openid-configuration").await["issuer"], "http://localhost:8000/auth/v1");
}

/// A real server without the credentials of a provider of text messages refuses, and creates no user.
#[tokio::test]
async fn text_messages_need_the_credentials_of_a_provider() {
    let phone = [("GOTRUE_EXTERNAL_PHONE_ENABLED", "true"), ("GOTRUE_RATE_LIMIT_SMS_SENT", "100")];
    let twilio = [
        ("GOTRUE_SMS_PROVIDER", "twilio"),
        ("GOTRUE_SMS_TWILIO_ACCOUNT_SID", "id"),
        ("GOTRUE_SMS_TWILIO_AUTH_TOKEN", "token"),
    ];
    let whole = [("GOTRUE_SMS_TWILIO_MESSAGE_SERVICE_SID", "service")];
    let sign_up = json!({ "phone": PHONE, "password": PASSWORD });
    for settings in [&phone[..], &[&phone[..], &twilio].concat()] {
        let world = World::of(FakeServerBuilder::real(), settings).await;
        let refused = world.post("/signup", sign_up.clone()).await;
        assert_eq!((refused.0, &refused.1["msg"]), (500, &json!("Unable to get SMS provider")));
        let (_, users) = world.send(Method::GET, "/admin/users", world.server.service_key().expose(), json!({})).await;
        assert_eq!(users["users"], json!([]));
    }
    let world = World::of(FakeServerBuilder::real(), &[&phone[..], &twilio, &whole].concat()).await;
    assert_eq!(world.post("/signup", sign_up).await.0, 200);
    assert!(!world.code(PHONE).is_empty());
}
