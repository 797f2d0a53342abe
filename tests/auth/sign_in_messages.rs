//! One type of message for both routes: a one-time code, and a magic link.

use gotrue::{Error, PkceVerifier, SignInMessage, types::MessageChannel};
use serde_json::json;
use support::{body, client_of, header, last_request, query, server_that_answers};
use wiremock::ResponseTemplate;

fn message(verifier: &PkceVerifier) -> SignInMessage {
    SignInMessage::email("ada@example.com")
        .data(json!({ "theme": "dark" }))
        .redirect_to("https://app.example.com/cb")
        .audience("staff")
        .captcha_token("from-the-widget")
        .pkce(verifier)
}

#[tokio::test]
async fn both_routes_send_the_same_email() {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let (client, verifier) = (client_of(&server), PkceVerifier::generate().unwrap());
    let sent = json!({
        "email": "ada@example.com",
        "data": { "theme": "dark" },
        "code_challenge": verifier.challenge(),
        "code_challenge_method": "s256",
        "gotrue_meta_security": { "captcha_token": "from-the-widget" },
    });
    client.send_otp(message(&verifier)).await.unwrap();
    let otp = last_request(&server).await;
    client.send_magic_link(message(&verifier)).await.unwrap();
    let link = last_request(&server).await;
    assert_eq!((otp.url.path(), link.url.path()), ("/otp", "/magiclink"));
    for request in [otp, link] {
        assert_eq!(body(&request), sent);
        assert_eq!(query(&request), json!({ "redirect_to": "https://app.example.com/cb" }));
        assert_eq!(header(&request, "x-jwt-aud"), Some("staff"));
    }
}

#[tokio::test]
async fn an_option_that_only_codes_support_is_not_sent_as_a_link() {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let client = client_of(&server);
    let email = || SignInMessage::email("ada@example.com");
    let unsupported = "magic link does not support create_user(false) or a channel; use send_otp";
    for (message, text) in [
        (SignInMessage::phone("15550000001"), "magic link must be sent to an email address"),
        (email().create_user(false), unsupported),
        (email().channel(MessageChannel::Whatsapp), unsupported),
    ] {
        let error = client.send_magic_link(message.clone()).await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput { .. }) && error.to_string() == text, "{error}");
        client.send_otp(message).await.unwrap();
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
    client.send_magic_link(email().create_user(true)).await.unwrap();
    assert_eq!(body(&last_request(&server).await), json!({ "email": "ada@example.com" }));

    client.send_otp(SignInMessage::phone("1555").create_user(false).channel(MessageChannel::Whatsapp)).await.unwrap();
    let sent = json!({ "phone": "1555", "create_user": false, "channel": "whatsapp" });
    assert_eq!(body(&last_request(&server).await), sent);
}
