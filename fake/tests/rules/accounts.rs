//! Users and their tokens.

use gotrue::reqwest::{self, Method, StatusCode};
use gotrue_fake::FakeServer;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use crate::{EMAIL, PASSWORD, open, post, send, sign_up};

#[tokio::test]
async fn providers_are_listed_after_a_verification_only() {
    let server = FakeServer::start().await;
    let (_, token) = sign_up(&server).await;
    let token = format!("Bearer {}", token.expose());
    let (_, user) = send(&server, Method::PUT, "/user", &token, r#"{"phone":"15550000001"}"#).await;
    assert_eq!(user["identities"].as_array().unwrap().len(), 2);
    assert_eq!(user["app_metadata"]["providers"], json!(["email"]));
    post(&server, "/otp", json!({ "email": EMAIL })).await;
    open(server.last_message_to(EMAIL).unwrap().link.unwrap().expose()).await;
    let (_, user) = send(&server, Method::GET, "/user", &token, "").await;
    assert_eq!(user["app_metadata"]["providers"], json!(["email", "phone"]));
}

#[tokio::test]
async fn an_unconfirmed_user_of_another_kind_signs_up() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let phone = "15550000001";
    post(&server, "/otp", json!({ "phone": phone })).await;
    let body = json!({ "type": "sms", "phone": phone, "token": server.last_message_to(phone).unwrap().code });
    let (_, session) = post(&server, "/verify", body).await;
    let token = format!("Bearer {}", session["access_token"].as_str().unwrap());
    // The address is pending, so that it is still free.
    send(&server, Method::PUT, "/user", &token, &json!({ "email": EMAIL }).to_string()).await;
    let (status, user) = post(&server, "/signup", json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!((status, &user["identities"][0]["provider"]), (StatusCode::OK, &json!("email")));
    assert_ne!(user["id"], session["user"]["id"]);
}

#[tokio::test]
async fn users_of_another_audience_are_others() {
    let server = FakeServer::start().await;
    let ask = |path: &str, body: Value| {
        let request = reqwest::Client::new().post(server.url() + path).header("x-jwt-aud", "app");
        request.body(body.to_string()).send()
    };
    let credentials = json!({ "email": EMAIL, "password": PASSWORD });
    let session: Value = json_of(ask("/signup", credentials.clone()).await.unwrap()).await;
    assert_eq!(session["user"]["aud"], json!("app"));
    let token = format!("Bearer {}", session["access_token"].as_str().unwrap());
    assert_eq!(send(&server, Method::GET, "/user", &token, "").await.0, StatusCode::OK);
    let path = "/token?grant_type=password";
    assert_eq!(post(&server, path, credentials.clone()).await.1["error_code"], json!("invalid_credentials"));
    assert_eq!(ask(path, credentials.clone()).await.unwrap().status(), StatusCode::OK);
    // The database has one user for an address all the same.
    let (status, error) = post(&server, "/signup", credentials).await;
    assert_eq!((status, &error["code"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("23505")));
}

async fn json_of(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn claims_are_checked_in_the_order_of_the_server() {
    let server = FakeServer::builder().hs256(true).start().await;
    let (_, token) = sign_up(&server).await;
    let (_, user) = send(&server, Method::GET, "/user", &format!("Bearer {}", token.expose()), "").await;
    let key = EncodingKey::from_secret(server.hs256_secret().expose().as_bytes());
    let other = "6f6b3f1e-2f6c-4d7c-9d3a-0c5c3a9b8f10";
    let aud = "authenticated";
    for (claims, status, code) in [
        (json!({ "role": "anon" }), 403, "bad_jwt"),
        (json!({ "sub": "1234567890" }), 400, "bad_jwt"),
        (json!({ "sub": other }), 403, "user_not_found"),
        (json!({ "sub": user["id"], "session_id": "x" }), 403, "bad_jwt"),
        (json!({ "sub": user["id"], "session_id": other }), 403, "session_not_found"),
        (json!({ "sub": user["id"] }), 400, "validation_failed"),
        (json!({ "sub": user["id"], "aud": aud, "nbf": 4_102_444_800_u32 }), 403, "bad_jwt"),
    ] {
        let mut claims = claims;
        claims["exp"] = json!(4_102_444_800_u32);
        let token = jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap();
        let (got, error) = send(&server, Method::GET, "/user", &format!("Bearer {token}"), "").await;
        assert_eq!((got.as_u16(), &error["error_code"]), (status, &json!(code)), "{claims}");
    }
    // A token needs no session, except to enroll a factor.
    let claims = json!({ "sub": user["id"], "aud": [aud], "exp": 4_102_444_800_u32 });
    let token = format!("Bearer {}", jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap());
    assert_eq!(send(&server, Method::GET, "/user", &token, "").await.0, StatusCode::OK);
    let (status, _) = send(&server, Method::POST, "/factors", &token, r#"{"factor_type":"totp"}"#).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(send(&server, Method::POST, "/logout?scope=local", &token, "").await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn an_error_of_the_server_has_an_id() {
    let server = FakeServer::start().await;
    let body = r#"{"email":"ada@example.com","password":"correct-horse-7","data":{"a":"\u0000"}}"#;
    for path in ["/signup", "/otp", "/magiclink"] {
        let (status, error) = send(&server, Method::POST, path, "", body).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(error["error_id"].is_string(), "{error}");
    }
    let body = json!({ "email": "a\u{0}@example.com", "password": PASSWORD });
    let (_, error) = post(&server, "/token?grant_type=password", body).await;
    assert_eq!(error["msg"], json!("Database error querying schema"));
}

#[tokio::test]
async fn a_factor_belongs_to_the_site_and_an_address() {
    let server = FakeServer::builder().site_url("https://example.com:8443/app").start().await;
    let (_, token) = sign_up(&server).await;
    let enroll = r#"{"factor_type":"totp"}"#;
    let token = format!("Bearer {}", token.expose());
    let (_, factor) = send(&server, Method::POST, "/factors", &token, enroll).await;
    let uri = factor["totp"]["uri"].as_str().unwrap();
    assert!(uri.contains("issuer=example.com%3A8443&"), "{uri}");
    let (_, session) = post(&server, "/signup", json!({ "phone": "15550000001", "password": PASSWORD })).await;
    let token = format!("Bearer {}", session["access_token"].as_str().unwrap());
    let (status, error) = send(&server, Method::POST, "/factors", &token, enroll).await;
    assert_eq!((status, &error["msg"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("Error generating QR Code")));
    assert_eq!(send(&server, Method::GET, "/reauthenticate", &token, "").await.0, StatusCode::OK);
}

/// The response to a sign-up shows the address of the identity as confirmed, which is not stored.
#[tokio::test]
async fn a_new_identity_looks_confirmed_once() {
    let server = FakeServer::start().await;
    let (_, session) = post(&server, "/signup", json!({ "email": EMAIL, "password": PASSWORD })).await;
    let verified = |user: &Value| user["identities"][0]["identity_data"]["email_verified"].clone();
    assert_eq!(verified(&session["user"]), true);
    let token = format!("Bearer {}", session["access_token"].as_str().unwrap());
    let (_, user) = send(&server, Method::GET, "/user", &token, "").await;
    assert_eq!((verified(&user), &user["user_metadata"]["email_verified"]), (json!(false), &json!(true)));
}
