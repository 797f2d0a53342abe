//! Invalid input is rejected with a clear error before any request.

use gotrue::{
    Anonymous, AuthorizationCode, Client, Error, IdToken, PasskeyAssertion, Password, PkceVerifier, Provider, Recover,
    Resend, Result, SendMagicLink, SendOtp, SignOutScope, SignUp, Sso, UserUpdate, Verify, Web3,
    admin::Invite,
    auth::{EthereumMessage, SolanaMessage},
    chrono::{self, Utc},
    oauth::{ClientAuthentication, RegisterOAuthClient},
    types::OtpType,
    user::{EnrollPhone, EnrollTotp, FactorChallenge},
    uuid::Uuid,
};
use serde_json::json;
use support::{ACCESS_TOKEN, SERVICE_KEY, client_of, server_that_answers};
use wiremock::ResponseTemplate;

#[track_caller]
fn assert_rejected<T: std::fmt::Debug>(result: Result<T>, text: &str) {
    let error = result.expect_err(text);
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    assert_eq!(error.to_string(), text);
    assert!(!error.is_retryable() && !error.ends_session() && error.status().is_none());
}

#[test]
fn an_invalid_base_url_is_rejected() {
    let refused = |url: &str, text: &str| assert_rejected(Client::new(url, "key"), text);
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
fn an_invalid_key_or_header_is_rejected() {
    let builder = || Client::builder().base_url("http://127.0.0.1:9999");
    let text = "API key has characters that cannot be sent in a header";
    for key in ["a\nb", "a\r\nX-Evil: 1", "a\0b", "\u{7f}"] {
        assert_rejected(Client::new("http://127.0.0.1:9999", key), text);
    }
    assert_rejected(builder().header("x y", "1").build(), "header has a name that is not valid");
    assert_rejected(builder().header("x", "a\nb").build(), "header has characters that cannot be sent in a header");
    assert_rejected(builder().header("Authorization", "x").build(), "header authorization is set by the client itself");
    assert_rejected(builder().api_version("tomorrow").build(), "API version is not a date such as 2024-01-01");
    assert_rejected(builder().user_agent("a\nb").build(), "user agent has characters that cannot be sent in a header");
}

#[tokio::test]
async fn invalid_input_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let user = client.user(ACCESS_TOKEN);
    let admin = client.admin(SERVICE_KEY);
    let verifier = PkceVerifier::generate().unwrap();

    let (no_email, no_phone) = ("email address is empty", "phone number is empty");
    assert_rejected(client.sign_up(SignUp::email(" ", "password")).await, no_email);
    assert_rejected(client.sign_up(SignUp::phone("", "password")).await, no_phone);
    assert_rejected(client.sign_in(Password::email("", "password")).await, no_email);
    assert_rejected(client.sign_in(Password::phone("\t", "password")).await, no_phone);
    assert_rejected(client.send_otp(SendOtp::email("")).await, no_email);
    assert_rejected(client.send_otp(SendOtp::phone("")).await, no_phone);
    assert_rejected(client.send_magic_link(SendMagicLink::email("")).await, no_email);
    assert_rejected(client.recover(Recover::email("")).await, no_email);
    assert_rejected(client.resend(Resend::sign_up("")).await, no_email);
    assert_rejected(client.resend(Resend::sms("")).await, no_phone);
    assert_rejected(client.verify(Verify::email("", "123456")).await, no_email);
    assert_rejected(client.verify(Verify::phone("", "123456")).await, no_phone);
    assert_rejected(user.update(UserUpdate::new().email("")).await, no_email);
    assert_rejected(user.update(UserUpdate::new().phone("")).await, no_phone);
    assert_rejected(admin.invite(Invite::email("")).await, no_email);

    assert_rejected(client.sign_up(SignUp::email("ada@example.com", "")).await, "password is empty");
    assert_rejected(client.sign_in(Password::email("ada@example.com", "")).await, "password is empty");
    assert_rejected(user.update(UserUpdate::new().password("")).await, "password is empty");
    assert_rejected(client.verify(Verify::email("ada@example.com", "")).await, "code is empty");
    assert_rejected(client.verify(Verify::token_hash("", OtpType::Email)).await, "token hash is empty");
    assert_rejected(client.sign_in(AuthorizationCode::new("", verifier)).await, "authorization code is empty");
    assert_rejected(client.refresh("").await, "refresh token is empty");
    assert_rejected(client.user("").get().await, "access token is empty");
    assert_rejected(client.admin("").invite(Invite::email("ada@example.com")).await, "service key is empty");

    let unsendable = "access token has characters that cannot be sent in a header";
    assert_rejected(client.user("a\nb").sign_out(SignOutScope::Local).await, unsendable);

    let relative = "redirect URL is not valid: relative URL without a base";
    for url in ["/welcome", "app.example.com", "localhost"] {
        assert_rejected(client.sign_up(SignUp::email("a@b", "password").redirect_to(url)).await, relative);
        assert_rejected(client.recover(Recover::email("a@b").redirect_to(url)).await, relative);
        assert_rejected(client.send_otp(SendOtp::email("a@b").redirect_to(url)).await, relative);
        assert_rejected(user.update(UserUpdate::new().email("a@b").redirect_to(url)).await, relative);
        assert_rejected(admin.invite(Invite::email("a@b").redirect_to(url)).await, relative);
        assert_rejected(client.authorize(Provider::Github).redirect_to(url).url(), relative);
    }
    assert_rejected(client.recover(Recover::email("a@b").redirect_to("")).await, "redirect URL is empty");

    let no_object = "metadata is not a JSON object";
    assert_rejected(client.sign_up(SignUp::email("a@b", "password").data(json!("x"))).await, no_object);
    assert_rejected(user.update(UserUpdate::new().data(json!([1]))).await, no_object);

    let audience = "audience is empty or has characters that cannot be sent in a header";
    assert_rejected(client.sign_up(SignUp::email("a@b", "password").audience("a b")).await, audience);
    assert_rejected(client.sign_in(Password::email("a@b", "password").audience("")).await, audience);

    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn a_provider_url_is_not_built_from_invalid_parts() {
    let client = Client::new("http://127.0.0.1:9999", "key").unwrap();
    let authorize = || client.authorize(Provider::Github);
    assert_rejected(client.authorize("").url(), "provider is empty");
    assert_rejected(authorize().scopes(["repo gist"]).url(), "scope is empty or holds a space");
    for name in ["state", "redirect_uri", "code_challenge", "client_secret"] {
        let text = format!("query parameter {name} is not handed on to the provider");
        assert_rejected(authorize().query(name, "x").url(), &text);
        assert_rejected(authorize().query(name, "x").pkce(), &text);
    }
}

#[tokio::test]
async fn an_invalid_grant_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let no_object = "metadata is not a JSON object";
    assert_rejected(client.sign_in(Anonymous::new().data(json!(1))).await, no_object);
    assert_rejected(client.sign_in(IdToken::new(Provider::Google, "")).await, "ID token is empty");
    assert_rejected(client.sign_in(IdToken::new("", "x.y.z")).await, "provider is empty");
    assert_rejected(client.sign_in(IdToken::issuer("", "client", "x.y.z")).await, "issuer is empty");
    assert_rejected(client.sign_in(IdToken::issuer("https://a.example", "", "x.y.z")).await, "client id is empty");
    assert_rejected(client.user("t").identities().link_id_token(IdToken::new("google", "")).await, "ID token is empty");

    let message = "m".repeat(64);
    let short = "message is not of 64 to 20480 bytes";
    assert_rejected(client.sign_in(Web3::solana("m", [0; 64])).await, short);
    assert_rejected(client.sign_in(Web3::solana("m".repeat(20 * 1024 + 1), [0; 64])).await, short);
    assert_rejected(client.sign_in(Web3::solana(&message, [0; 65])).await, "signature is not of 64 bytes");
    for signature in ["", "0x", &"z".repeat(130), &"0".repeat(128)] {
        let hex = "signature is not of 65 bytes in hexadecimal";
        assert_rejected(client.sign_in(Web3::ethereum(&message, signature)).await, hex);
    }

    assert_rejected(client.sso(Sso::domain(" ")).url().await, "domain is empty");
    let relative = "redirect URL is not valid: relative URL without a base";
    assert_rejected(client.sso(Sso::domain("acme.example").redirect_to("/cb")).pkce().await, relative);

    let id = Uuid::from_u128(1);
    for (credential, why) in [
        (json!({}), "missing field `id`"),
        (json!(null), "invalid type: null, expected struct PublicKeyCredential"),
        (json!("no JSON"), "expected ident at line 1 column 2"),
        (
            json!({ "id": "a", "rawId": "a", "type": "public-key", "response": {} }),
            "data did not match any variant of untagged enum AuthenticatorResponse",
        ),
    ] {
        let text = format!("credential is not that of WebAuthn: {why}");
        assert_rejected(client.sign_in(PasskeyAssertion::new(id, credential.clone())).await, &text);
        assert_rejected(client.user("t").passkeys().register(id, credential).await, &text);
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn a_wallet_message_is_not_built_from_invalid_parts() {
    let (address, now) = ("8YhmTcUVqenLWL2zLTBP4EYC3DkqR75auxxaqX7hfzwt", Utc::now());
    let for_site = |uri: &str| SolanaMessage::new(address, uri, now);
    let message = || for_site("https://app.example.com/");
    message().build().unwrap();
    for_site("http://localhost:3000/").build().unwrap();
    let no_domain = "URI has no domain that the server takes";
    for uri in ["https://127.0.0.1/", "https://example/", "https://[::1]/", "https://ada@app.example.com/"] {
        assert_rejected(for_site(uri).build(), no_domain);
    }
    assert_rejected(for_site("http://app.example.com/").build(), "URI is neither https nor of localhost");
    assert_rejected(for_site("app.example.com").build(), "URI is not valid: relative URL without a base");
    let spaces = "URI is not valid: it holds spaces or characters beyond ASCII";
    assert_rejected(for_site("https://app.example.com/\nVersion: 2").build(), spaces);
    assert_rejected(message().statement("").build(), "statement is empty");
    assert_rejected(message().statement("a\nURI: https://evil.example").build(), "statement is not a single line");
    assert_rejected(message().nonce("a\nb").build(), "nonce is not a single line");
    assert_rejected(message().request_id(" ").build(), "request id is empty");
    assert_rejected(message().resource("terms").build(), "resource is not valid: relative URL without a base");
    let before = now - chrono::Duration::seconds(1);
    assert_rejected(message().expires_at(before).build(), "message expires before it is issued");
    let after = now + chrono::Duration::seconds(2);
    let late = message().expires_at(now).not_before(after);
    assert_rejected(late.build(), "message expires before it becomes valid");
    for bad in ["", "short", &"0".repeat(40), &"a".repeat(45)] {
        let text = "address is not 32 to 44 characters of base58";
        assert_rejected(SolanaMessage::new(bad, "https://app.example.com/", now).build(), text);
    }

    let of = |address: &str| EthereumMessage::new(address, "https://app.example.com/", now);
    let ethereum = || of("0x196a28d05bA75C8dC35B0F6e71DD622D1aC82b7E");
    for bad in ["", "0x", "196a28d05bA75C8dC35B0F6e71DD622D1aC82b7E", "0x196a28d05bA75C8dC35B0F6e71DD622D1aC82b7g"] {
        assert_rejected(of(bad).build(), "address is not 0x and 40 hexadecimal digits");
    }
    for bad in [0, u64::MAX] {
        assert_rejected(ethereum().chain_id(bad).build(), "chain id is not a positive number of 63 bits");
    }
    for bad in ["short", "not alphanumeric"] {
        assert_rejected(ethereum().nonce(bad).build(), "nonce is not 8 letters and digits, or more");
    }
    assert_rejected(ethereum().statement("a\rb").build(), "statement is not a single line");
}

#[tokio::test]
async fn invalid_input_of_a_user_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let user = client_of(&server).user(ACCESS_TOKEN);
    let (id, mfa) = (Uuid::from_u128(1), user.mfa());
    let issuer = mfa.enroll_totp(EnrollTotp::new().issuer("Acme & Co")).await;
    assert_rejected(issuer, "issuer holds &, at which the server cuts it");
    assert_rejected(mfa.enroll_phone(EnrollPhone::new("")).await, "phone number is empty");
    assert_rejected(mfa.enroll_webauthn(" ").await, "factor name is empty");
    assert_rejected(mfa.verify(&FactorChallenge::new(id, id), "").await, "code is empty");
    assert_rejected(mfa.challenge_and_verify(id, "").await, "code is empty");
    for name in ["", " ", &"n".repeat(121)] {
        assert_rejected(user.passkeys().rename(id, name).await, "passkey name is not of 1 to 120 bytes");
    }
    assert_rejected(user.oauth().authorization("").await, "authorization id is empty");
    assert_rejected(user.oauth().approve(" ").await, "authorization id is empty");
    let outside = "request path parameter is empty or leaves its place";
    assert_rejected(user.oauth().authorization("..").await, outside);
    let link = || user.identities().link(Provider::Github);
    assert_rejected(user.identities().link("").url().await, "provider is empty");
    assert_rejected(link().scopes(["a b"]).url().await, "scope is empty or holds a space");
    assert_rejected(link().redirect_to("/cb").pkce().await, "redirect URL is not valid: relative URL without a base");
    let text = "query parameter skip_http_redirect is not handed on to the provider";
    assert_rejected(link().query("skip_http_redirect", "false").url().await, text);
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn invalid_input_of_an_oauth_client_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let app = client.oauth_app(Uuid::from_u128(1), ClientAuthentication::Public);
    let begin = || app.authorize("https://app.example.com/cb");
    assert_rejected(app.authorize("").begin(), "redirect URL is empty");
    assert_rejected(begin().scopes([""]).begin(), "scope is empty or holds a space");
    assert_rejected(begin().nonce("").begin(), "nonce is empty");
    assert_rejected(begin().resource("api").begin(), "resource is not valid: relative URL without a base");
    assert_rejected(begin().resource("https://api.example.com/#x").begin(), "resource has a query or a fragment");
    let (_, flow) = begin().begin().unwrap();
    let state = flow.state().expose();
    assert_rejected(app.exchange(&flow, "", state).await, "authorization code is empty");
    assert_rejected(app.refresh("").await, "refresh token is empty");
    assert_rejected(app.user_info("").await, "access token is empty");
    for empty in [ClientAuthentication::SecretBasic("".into()), ClientAuthentication::SecretPost("".into())] {
        let app = client.oauth_app(Uuid::from_u128(1), empty);
        assert_rejected(app.refresh("f5pr2ljsaq5q").await, "client secret is empty");
    }

    let register = |uri: &str| client.register_oauth_client(RegisterOAuthClient::new([uri]));
    let none = RegisterOAuthClient::new(Vec::<String>::new());
    assert_rejected(client.register_oauth_client(none).await, "redirect URI is missing");
    let many = RegisterOAuthClient::new(vec!["https://app.example.com/"; 11]);
    assert_rejected(client.register_oauth_client(many).await, "redirect URI is one of more than ten");
    assert_rejected(register("/cb").await, "redirect URI is not valid: relative URL without a base");
    assert_rejected(register("https://app.example.com/#x").await, "redirect URI has a fragment");
    let plain = "redirect URI is http, which is for the own machine only";
    assert_rejected(register("http://app.example.com/cb").await, plain);
    let valid = || RegisterOAuthClient::new(["https://app.example.com/cb"]);
    let long = valid().name("n".repeat(1025));
    assert_rejected(client.register_oauth_client(long).await, "client name is longer than 1024 bytes");
    let page = valid().home_page("x");
    let relative = "home page is not valid: relative URL without a base";
    assert_rejected(client.register_oauth_client(page).await, relative);
    let logo = valid().logo(format!("https://a.example/{}", "x".repeat(2048)));
    assert_rejected(client.register_oauth_client(logo).await, "logo is longer than 2048 bytes");
    assert_rejected(client.register_oauth_client(valid().grant_types([])).await, "grant types are none");
    assert!(server.received_requests().await.unwrap().is_empty());
}
