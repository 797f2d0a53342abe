//! Rate limits.

use std::time::Duration;

use gotrue::reqwest::Method;
use serde_json::json;

use crate::{World, refusal};

#[tokio::test]
async fn each_client_is_limited_on_its_own() {
    let settings = [("GOTRUE_RATE_LIMIT_HEADER", "X-Forwarded-For"), ("GOTRUE_RATE_LIMIT_VERIFY", "30")];
    let world = World::with(&settings).await;
    let verify = |address: &'static str| world.send_as(address, Method::POST, "/verify", "", json!({}));
    // Thirty at once, and then one every ten seconds.
    for _ in 0..30 {
        assert_eq!(verify("192.0.2.1").await.0, 400);
    }
    assert_eq!(refusal(&verify("192.0.2.1, 192.0.2.9").await), (429, "over_request_rate_limit"));
    assert_eq!(verify("192.0.2.2").await.0, 400);
    assert_eq!(verify("").await.0, 400, "a request without the header is not limited");
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(verify("192.0.2.1").await.0, 400);
    assert_eq!(verify("192.0.2.1").await.0, 429);
}

#[tokio::test]
async fn anonymous_sign_ups_have_a_limit_of_their_own() {
    let settings = [("GOTRUE_RATE_LIMIT_HEADER", "X-Forwarded-For"), ("GOTRUE_RATE_LIMIT_ANONYMOUS_USERS", "2")];
    let world = World::with(&settings).await;
    let sign_up = || world.send_as("192.0.2.1", Method::POST, "/signup", "", json!({}));
    assert_eq!((sign_up().await.0, sign_up().await.0, sign_up().await.0), (200, 200, 429));
}

#[tokio::test]
async fn emails_and_text_messages_are_limited_for_all() {
    let unconfirmed = [("GOTRUE_MAILER_AUTOCONFIRM", "false"), ("GOTRUE_SMS_AUTOCONFIRM", "false")];
    for (name, value, field, refused, message) in [
        ("GOTRUE_RATE_LIMIT_EMAIL_SENT", "2", "email", "over_email_send_rate_limit", "email rate limit exceeded"),
        ("GOTRUE_RATE_LIMIT_SMS_SENT", "2/1h", "phone", "over_sms_send_rate_limit", "SMS rate limit exceeded"),
    ] {
        let world = World::with(&[unconfirmed[0], unconfirmed[1], (name, value)]).await;
        let send = |number: u8| {
            let address =
                if field == "email" { format!("{number}@example.com") } else { format!("1555000000{number}") };
            world.post("/otp", json!({ field: address }))
        };
        assert_eq!((send(1).await.0, send(2).await.0), (200, 200));
        let third = send(3).await;
        assert_eq!((refusal(&third), &third.1["msg"]), ((429, refused), &json!(message)));
        world.clock.advance(Duration::from_secs(3600));
        assert_eq!(send(4).await.0, 200);
    }
    let world = World::with(&[("GOTRUE_RATE_LIMIT_EMAIL_SENT", "0")]).await;
    let (status, _) = world.post("/otp", json!({ "email": "ada@example.com" })).await;
    assert_eq!(status, 429, "no message is allowed at all");
}

#[tokio::test]
async fn messages_to_a_user_have_an_interval() {
    let settings = [("GOTRUE_SMTP_MAX_FREQUENCY", "30s"), ("GOTRUE_SMS_MAX_FREQUENCY", "20s")];
    let world = World::with(&settings).await;
    for (field, address, wait) in [("email", "ada@example.com", 30), ("phone", "15550000001", 20)] {
        let send = || world.post("/otp", json!({ field: address }));
        assert_eq!(send().await.0, 200);
        let refused = send().await;
        assert_eq!(refused.0, 429);
        let message = format!("For security purposes, you can only request this after {wait} seconds.");
        assert_eq!(refused.1["msg"], message);
        world.clock.advance(Duration::from_secs(wait));
        assert_eq!(send().await.0, 200);
    }
}
