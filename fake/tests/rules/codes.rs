//! Codes and links: what they confirm, and when they become invalid.

use std::time::Duration;

use gotrue::reqwest::{Method, StatusCode};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;

use crate::{EMAIL, PASSWORD, as_admin, open, post, send, sign_up};

async fn confirming() -> FakeServer {
    FakeServer::builder().confirm_addresses(true).start().await
}

/// Signs up and confirms the address; returns the access token as a header.
async fn confirmed(server: &FakeServer, email: &str) -> String {
    post(server, "/signup", json!({ "email": email, "password": PASSWORD })).await;
    let code = server.last_message_to(email).unwrap().code;
    let (_, session) = post(server, "/verify", json!({ "type": "signup", "email": email, "token": code })).await;
    format!("Bearer {}", session["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn an_address_may_be_taken_before_its_change_is_confirmed() {
    let server = confirming().await;
    let token = confirmed(&server, EMAIL).await;
    let wanted = "bob@example.com";
    send(&server, Method::PUT, "/user", &token, &json!({ "email": wanted }).to_string()).await;
    let codes = [EMAIL, wanted].map(|to| (to, server.last_message_to(to).unwrap().code));
    confirmed(&server, wanted).await;
    let [first, second] = codes.map(|(email, code)| json!({ "type": "email_change", "email": email, "token": code }));
    assert_eq!(post(&server, "/verify", first).await.0, StatusCode::OK);
    // The response is that of the database, and the code stays valid.
    for _ in 0..2 {
        let (status, error) = post(&server, "/verify", second.clone()).await;
        let message = "duplicate key value violates unique constraint \"users_email_partial_key\"";
        assert_eq!((status, &error["code"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("23505")));
        assert_eq!((&error["message"], &error["msg"]), (&json!(message), &json!(null)));
    }
    let (_, user) = send(&server, Method::GET, "/user", &token, "").await;
    assert_eq!((&user["email"], &user["new_email"]), (&json!(EMAIL), &json!(wanted)));
}

#[tokio::test]
async fn a_confirmed_address_is_verified_in_its_identity() {
    let server = confirming().await;
    let token = confirmed(&server, EMAIL).await;
    let (_, user) = send(&server, Method::GET, "/user", &token, "").await;
    assert_eq!(user["identities"][0]["identity_data"]["email_verified"], json!(true));
    assert_eq!(user["user_metadata"]["email_verified"], json!(true));
}

#[tokio::test]
async fn a_confirmation_ends_links_and_not_codes() {
    let server = confirming().await;
    post(&server, "/signup", json!({ "email": EMAIL, "password": PASSWORD })).await;
    let confirmation = server.last_message_to(EMAIL).unwrap().code;
    post(&server, "/recover", json!({ "email": EMAIL })).await;
    let recovery = server.last_message_to(EMAIL).unwrap();
    let verify = |body| post(&server, "/verify", body);
    verify(json!({ "type": "signup", "email": EMAIL, "token": confirmation })).await;
    let (status, error) = verify(json!({ "type": "recovery", "token_hash": recovery.token_hash.unwrap() })).await;
    assert_eq!((status, &error["error_code"]), (StatusCode::FORBIDDEN, &json!("otp_expired")));
    let by_code = json!({ "type": "recovery", "email": EMAIL, "token": recovery.code });
    assert_eq!(verify(by_code.clone()).await.0, StatusCode::OK);
    assert_eq!(verify(by_code).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_new_password_ends_codes() {
    let server = confirming().await;
    let token = confirmed(&server, EMAIL).await;
    post(&server, "/recover", json!({ "email": EMAIL })).await;
    let code = server.last_message_to(EMAIL).unwrap().code;
    let (_, user) = send(&server, Method::PUT, "/user", &token, r#"{"password":"another-horse-8"}"#).await;
    assert_eq!((&user["recovery_sent_at"], &user["confirmation_sent_at"]), (&json!(null), &json!(null)));
    let (status, _) = post(&server, "/verify", json!({ "type": "recovery", "email": EMAIL, "token": code })).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_banned_user_learns_nothing_about_a_code() {
    let server = FakeServer::start().await;
    let (_, token) = sign_up(&server).await;
    let (_, user) = send(&server, Method::GET, "/user", &format!("Bearer {}", token.expose()), "").await;
    let path = format!("/admin/users/{}", user["id"].as_str().unwrap());
    as_admin(&server, Method::PUT, &path, json!({ "ban_duration": "1h" })).await;
    let (_, error) = post(&server, "/verify", json!({ "type": "recovery", "email": EMAIL, "token": "000000" })).await;
    assert_eq!(error["error_code"], json!("user_banned"));
}

#[tokio::test]
async fn a_link_tells_what_it_was_for() {
    let server = confirming().await;
    for expected in ["signup", "magiclink"] {
        post(&server, "/otp", json!({ "email": EMAIL })).await;
        let hash = server.last_message_to(EMAIL).unwrap().token_hash.unwrap();
        let target = open(&format!("{}/verify?type=email&token={}", server.url(), hash.expose())).await;
        assert!(target.fragment().unwrap().ends_with(&format!("type={expected}")), "{target}");
    }
}

#[tokio::test]
async fn a_hash_comes_alone() {
    let server = FakeServer::start().await;
    for more in [json!({ "email": EMAIL }), json!({ "phone": "15550000001" }), json!({ "redirect_to": "/" })] {
        let mut body = json!({ "type": "signup", "token_hash": "abc" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, error) = post(&server, "/verify", body).await;
        let message = "Only the token_hash and type should be provided";
        assert_eq!((status, &error["msg"]), (StatusCode::BAD_REQUEST, &json!(message)));
    }
}

#[tokio::test]
async fn an_unknown_challenge_method_is_noticed_late() {
    let server = confirming().await;
    let challenge = "a".repeat(43);
    let body = json!({
        "email": EMAIL, "password": PASSWORD, "code_challenge": challenge, "code_challenge_method": "unknown",
    });
    let (status, error) = post(&server, "/signup", body.clone()).await;
    let message = "Unexpected failure, please check server logs for more information";
    assert_eq!((status, &error["msg"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!(message)));
    // No user was created, and without a message no flow starts.
    assert_eq!(post(&server, "/recover", body).await.0, StatusCode::OK);
    let path = format!("/authorize?provider=github&code_challenge={challenge}&code_challenge_method=unknown");
    let (status, error) = send(&server, Method::GET, &path, "", "").await;
    assert_eq!((status, &error["msg"]), (StatusCode::BAD_REQUEST, &json!("Invalid code_challenge_method")));
    let phone = json!({
        "phone": "15550000001", "password": PASSWORD, "code_challenge": challenge, "code_challenge_method": "s256",
    });
    let (_, error) = post(&server, "/signup", phone).await;
    assert_eq!(error["msg"], json!("PKCE not supported for phone signups"));
}

#[tokio::test]
async fn an_invitation_may_be_repeated_at_once() {
    let clock = ManualClock::new();
    let builder = FakeServer::builder().confirm_addresses(true).clock(clock);
    let server = builder.message_interval(Duration::from_secs(60)).start().await;
    for _ in 0..2 {
        let (status, error) = as_admin(&server, Method::POST, "/invite", json!({ "email": EMAIL })).await;
        assert_eq!(status, StatusCode::OK, "{error}");
    }
    let (status, error) = post(&server, "/signup", json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!((status, &error["error_code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("over_email_send_rate_limit")));
}

#[tokio::test]
async fn a_code_for_an_unknown_user_is_not_sent() {
    let server = confirming().await;
    for address in [json!({ "email": "new@example.com" }), json!({ "email": "malformed" }), json!({ "phone": "0" })] {
        let mut body = json!({ "create_user": false });
        body.as_object_mut().unwrap().extend(address.as_object().unwrap().clone());
        let (status, error) = post(&server, "/otp", body).await;
        assert_eq!((status, &error["error_code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("otp_disabled")));
    }
}

#[tokio::test]
async fn a_body_of_a_magic_link_is_read_as_a_stream() {
    let server = FakeServer::start().await;
    let cases =
        [("", "EOF"), ("{\"email\":", "unexpected EOF"), ("x", "invalid character 'x' looking for beginning of value")];
    for (body, why) in cases {
        let (status, error) = send(&server, Method::POST, "/magiclink", "", body).await;
        let message = format!("Could not read verification params: {why}");
        assert_eq!((status, &error["msg"]), (StatusCode::BAD_REQUEST, &json!(message)));
    }
    let body = r#"{"email":"ada@example.com"} and more"#;
    assert_eq!(send(&server, Method::POST, "/magiclink", "", body).await.0, StatusCode::OK);
}
