//! Input that cannot be right gets a clear error before any request.

mod support;

use gotrue::{
    AuthorizationCode, Client, Error, Invite, OtpType, Password, PkceVerifier, Provider, Recover, Resend, Result,
    SendMagicLink, SendOtp, SignOutScope, SignUp, UserUpdate, Verify,
};
use serde_json::json;
use support::{ACCESS_TOKEN, SERVICE_KEY, client_of, server_that_answers};
use wiremock::ResponseTemplate;

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T>, text: &str) {
    let error = result.expect_err(text);
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    assert_eq!(error.to_string(), text);
    assert!(!error.is_retryable() && !error.ends_session() && error.status().is_none());
}

#[test]
fn a_base_url_that_is_none_is_refused() {
    let refused = |url: &str, text: &str| assert_refused(Client::new(url, "key"), text);
    refused("", "base URL is empty");
    refused("  ", "base URL is empty");
    refused("127.0.0.1:9999", "base URL is not valid: relative URL without a base");
    refused("http://", "base URL is not valid: empty host");
    refused("ftp://example.com", "base URL is neither http nor https");
    refused("https://ada:secret@example.com", "base URL holds credentials, which would end up in logs");
    refused("https://example.com/auth?x=1", "base URL has a query or a fragment");
    refused("https://example.com/#x", "base URL has a query or a fragment");
}

#[test]
fn a_key_or_header_that_cannot_be_sent_is_refused() {
    let builder = || Client::builder().base_url("http://127.0.0.1:9999");
    let text = "API key has characters that cannot be sent in a header";
    for key in ["a\nb", "a\r\nX-Evil: 1", "a\0b", "\u{7f}"] {
        assert_refused(Client::new("http://127.0.0.1:9999", key), text);
    }
    assert_refused(builder().header("x y", "1").build(), "header has a name that is not valid");
    assert_refused(builder().header("x", "a\nb").build(), "header has characters that cannot be sent in a header");
    assert_refused(builder().header("Authorization", "x").build(), "header authorization is set by the client itself");
    assert_refused(builder().api_version("tomorrow").build(), "API version is not a date such as 2024-01-01");
    assert_refused(builder().user_agent("a\nb").build(), "user agent has characters that cannot be sent in a header");
}

#[tokio::test]
async fn bad_input_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let user = client.user(ACCESS_TOKEN);
    let admin = client.admin(SERVICE_KEY);
    let verifier = PkceVerifier::generate().unwrap();

    let (no_email, no_phone) = ("e-mail address is empty", "phone number is empty");
    assert_refused(client.sign_up(SignUp::email(" ", "password")).await, no_email);
    assert_refused(client.sign_up(SignUp::phone("", "password")).await, no_phone);
    assert_refused(client.sign_in(Password::email("", "password")).await, no_email);
    assert_refused(client.sign_in(Password::phone("\t", "password")).await, no_phone);
    assert_refused(client.send_otp(SendOtp::email("")).await, no_email);
    assert_refused(client.send_otp(SendOtp::phone("")).await, no_phone);
    assert_refused(client.send_magic_link(SendMagicLink::email("")).await, no_email);
    assert_refused(client.recover(Recover::email("")).await, no_email);
    assert_refused(client.resend(Resend::sign_up("")).await, no_email);
    assert_refused(client.resend(Resend::sms("")).await, no_phone);
    assert_refused(client.verify(Verify::email("", "123456")).await, no_email);
    assert_refused(client.verify(Verify::phone("", "123456")).await, no_phone);
    assert_refused(user.update(UserUpdate::new().email("")).await, no_email);
    assert_refused(user.update(UserUpdate::new().phone("")).await, no_phone);
    assert_refused(admin.invite(Invite::email("")).await, no_email);

    assert_refused(client.sign_up(SignUp::email("ada@example.com", "")).await, "password is empty");
    assert_refused(client.sign_in(Password::email("ada@example.com", "")).await, "password is empty");
    assert_refused(user.update(UserUpdate::new().password("")).await, "password is empty");
    assert_refused(client.verify(Verify::email("ada@example.com", "")).await, "code is empty");
    assert_refused(client.verify(Verify::token_hash("", OtpType::Email)).await, "token hash is empty");
    assert_refused(client.sign_in(AuthorizationCode::new("", verifier)).await, "authorization code is empty");
    assert_refused(client.refresh("").await, "refresh token is empty");
    assert_refused(client.user("").get().await, "access token is empty");
    assert_refused(client.admin("").invite(Invite::email("ada@example.com")).await, "service key is empty");

    let unsendable = "access token has characters that cannot be sent in a header";
    assert_refused(client.user("a\nb").sign_out(SignOutScope::Local).await, unsendable);

    let relative = "redirect URL is not valid: relative URL without a base";
    for url in ["/welcome", "app.example.com", "localhost"] {
        assert_refused(client.sign_up(SignUp::email("a@b", "password").redirect_to(url)).await, relative);
        assert_refused(client.recover(Recover::email("a@b").redirect_to(url)).await, relative);
        assert_refused(client.send_otp(SendOtp::email("a@b").redirect_to(url)).await, relative);
        assert_refused(user.update(UserUpdate::new().email("a@b").redirect_to(url)).await, relative);
        assert_refused(admin.invite(Invite::email("a@b").redirect_to(url)).await, relative);
        assert_refused(client.authorize(Provider::GITHUB).redirect_to(url).url(), relative);
    }
    assert_refused(client.recover(Recover::email("a@b").redirect_to("")).await, "redirect URL is empty");

    let no_object = "metadata is not a JSON object";
    assert_refused(client.sign_up(SignUp::email("a@b", "password").data(json!("x"))).await, no_object);
    assert_refused(user.update(UserUpdate::new().data(json!([1]))).await, no_object);

    let audience = "audience is empty or has characters that cannot be sent in a header";
    assert_refused(client.sign_up(SignUp::email("a@b", "password").audience("a b")).await, audience);
    assert_refused(client.sign_in(Password::email("a@b", "password").audience("")).await, audience);

    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn a_provider_url_is_not_built_from_parts_that_cannot_be_right() {
    let client = Client::new("http://127.0.0.1:9999", "key").unwrap();
    let authorize = || client.authorize(Provider::GITHUB);
    assert_refused(client.authorize("").url(), "provider is empty");
    assert_refused(authorize().scopes(["repo gist"]).url(), "scope is empty or holds a space");
    for name in ["state", "redirect_uri", "code_challenge", "client_secret"] {
        let text = format!("query parameter {name} is not handed on to the provider");
        assert_refused(authorize().query(name, "x").url(), &text);
        assert_refused(authorize().query(name, "x").pkce(), &text);
    }
}
