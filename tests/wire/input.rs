//! Input that cannot be right gets a clear error before any request.

use gotrue::{
    Anonymous, AuthorizationCode, Client, Error, IdToken, PasskeyAssertion, Password, PkceVerifier, ProfileUpdate,
    Provider, Recover, Resend, Result, SignInMessage, SignOutScope, SignUp, Sso, VerifyOtp, Web3,
    admin::Invite,
    auth::{EthereumMessage, SolanaMessage},
    chrono::{self, Utc},
    oauth::{ClientAuthentication, NewOAuthClient, OAuthCallback},
    types::OtpType,
    user::{EnrollPhone, EnrollTotp, FactorChallenge},
    uuid::Uuid,
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
    refused("", "base URL must not be empty");
    refused("  ", "base URL must not be empty");
    refused("127.0.0.1:9999", "base URL is invalid: relative URL without a base");
    refused("http://", "base URL is invalid: empty host");
    refused("ftp://example.com", "base URL must have the scheme http or https");
    refused("https://ada:secret@example.com", "base URL must not contain credentials");
    refused("https://example.com/auth?x=1", "base URL must not have a query or a fragment");
    refused("https://example.com/#x", "base URL must not have a query or a fragment");
}

#[test]
fn a_key_or_header_that_cannot_be_sent_is_refused() {
    let builder = || Client::builder().base_url("http://127.0.0.1:9999");
    let text = "API key must contain only characters that are allowed in a header";
    for key in ["a\nb", "a\r\nX-Evil: 1", "a\0b", "\u{7f}"] {
        assert_refused(Client::new("http://127.0.0.1:9999", key), text);
    }
    assert_refused(builder().header("x y", "1").build(), "header must have a valid name");
    assert_refused(
        builder().header("x", "a\nb").build(),
        "header must contain only characters that are allowed in a header",
    );
    assert_refused(
        builder().header("Authorization", "x").build(),
        "header authorization must not be set: the client sets it",
    );
    assert_refused(builder().api_version("tomorrow").build(), "API version must be a date such as 2024-01-01");
    assert_refused(
        builder().user_agent("a\nb").build(),
        "user agent must contain only characters that are allowed in a header",
    );
}

#[tokio::test]
async fn bad_input_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let user = client.user(ACCESS_TOKEN);
    let admin = client.admin(SERVICE_KEY);
    let verifier = PkceVerifier::generate().unwrap();

    let (no_email, no_phone) = ("email address must not be empty", "phone number must not be empty");
    assert_refused(client.sign_up(SignUp::email(" ", "password")).await, no_email);
    assert_refused(client.sign_up(SignUp::phone("", "password")).await, no_phone);
    assert_refused(client.sign_in(Password::email("", "password")).await, no_email);
    assert_refused(client.sign_in(Password::phone("\t", "password")).await, no_phone);
    assert_refused(client.send_otp(SignInMessage::email("")).await, no_email);
    assert_refused(client.send_otp(SignInMessage::phone("")).await, no_phone);
    assert_refused(client.send_magic_link(SignInMessage::email("")).await, no_email);
    assert_refused(client.recover(Recover::email("")).await, no_email);
    assert_refused(client.resend(Resend::sign_up("")).await, no_email);
    assert_refused(client.resend(Resend::sms("")).await, no_phone);
    assert_refused(client.verify_otp(VerifyOtp::email("", "123456")).await, no_email);
    assert_refused(client.verify_otp(VerifyOtp::phone("", "123456")).await, no_phone);
    assert_refused(user.update(ProfileUpdate::new().email("")).await, no_email);
    assert_refused(user.update(ProfileUpdate::new().phone("")).await, no_phone);
    assert_refused(admin.invite(Invite::email("")).await, no_email);

    assert_refused(client.sign_up(SignUp::email("ada@example.com", "")).await, "password must not be empty");
    assert_refused(client.sign_in(Password::email("ada@example.com", "")).await, "password must not be empty");
    assert_refused(user.update(ProfileUpdate::new().password("")).await, "password must not be empty");
    assert_refused(client.verify_otp(VerifyOtp::email("ada@example.com", "")).await, "code must not be empty");
    assert_refused(client.verify_otp(VerifyOtp::token_hash("", OtpType::Email)).await, "token hash must not be empty");
    assert_refused(client.sign_in(AuthorizationCode::new("", verifier)).await, "authorization code must not be empty");
    assert_refused(client.refresh("").await, "refresh token must not be empty");
    assert_refused(client.user("").get().await, "access token must not be empty");
    assert_refused(client.admin("").invite(Invite::email("ada@example.com")).await, "service key must not be empty");

    let unsendable = "access token must contain only characters that are allowed in a header";
    assert_refused(client.user("a\nb").sign_out(SignOutScope::Local).await, unsendable);

    let relative = "redirect URL is invalid: relative URL without a base";
    for url in ["/welcome", "app.example.com", "localhost"] {
        assert_refused(client.sign_up(SignUp::email("a@b", "password").redirect_to(url)).await, relative);
        assert_refused(client.recover(Recover::email("a@b").redirect_to(url)).await, relative);
        assert_refused(client.send_otp(SignInMessage::email("a@b").redirect_to(url)).await, relative);
        assert_refused(user.update(ProfileUpdate::new().email("a@b").redirect_to(url)).await, relative);
        assert_refused(admin.invite(Invite::email("a@b").redirect_to(url)).await, relative);
        assert_refused(client.authorize(Provider::Github).redirect_to(url).url(), relative);
    }
    assert_refused(client.recover(Recover::email("a@b").redirect_to("")).await, "redirect URL must not be empty");

    let no_object = "metadata must be a JSON object";
    assert_refused(client.sign_up(SignUp::email("a@b", "password").data(json!("x"))).await, no_object);
    assert_refused(user.update(ProfileUpdate::new().data(json!([1]))).await, no_object);

    let audience = "audience must not be empty or contain characters that are not allowed in a header";
    assert_refused(client.sign_up(SignUp::email("a@b", "password").audience("a b")).await, audience);
    assert_refused(client.sign_in(Password::email("a@b", "password").audience("")).await, audience);

    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn a_provider_url_is_not_built_from_parts_that_cannot_be_right() {
    let client = Client::new("http://127.0.0.1:9999", "key").unwrap();
    let authorize = || client.authorize(Provider::Github);
    assert_refused(client.authorize("").url(), "provider must not be empty");
    assert_refused(authorize().scopes(["repo gist"]).url(), "scope must not be empty or contain spaces");
    for name in ["state", "redirect_uri", "code_challenge", "client_secret"] {
        let text = format!("query parameter {name} is not passed on to the provider");
        assert_refused(authorize().query(name, "x").url(), &text);
        assert_refused(authorize().query(name, "x").pkce(), &text);
    }
}

#[tokio::test]
async fn a_grant_that_cannot_be_right_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let no_object = "metadata must be a JSON object";
    assert_refused(client.sign_in(Anonymous::new().data(json!(1))).await, no_object);
    assert_refused(client.sign_in(IdToken::new(Provider::Google, "")).await, "ID token must not be empty");
    assert_refused(client.sign_in(IdToken::new("", "x.y.z")).await, "provider must not be empty");
    assert_refused(client.sign_in(IdToken::issuer("", "client", "x.y.z")).await, "issuer must not be empty");
    assert_refused(
        client.sign_in(IdToken::issuer("https://a.example", "", "x.y.z")).await,
        "client id must not be empty",
    );
    assert_refused(
        client.user("t").identities().link_id_token(IdToken::new("google", "")).await,
        "ID token must not be empty",
    );

    let message = "m".repeat(64);
    let short = "message must be 64 to 20480 bytes long";
    assert_refused(client.sign_in(Web3::solana("m", [0; 64])).await, short);
    assert_refused(client.sign_in(Web3::solana("m".repeat(20 * 1024 + 1), [0; 64])).await, short);
    assert_refused(client.sign_in(Web3::solana(&message, [0; 65])).await, "signature must be 64 bytes long");
    for signature in ["", "0x", &"z".repeat(130), &"0".repeat(128)] {
        let hex = "signature must be 65 bytes in hexadecimal";
        assert_refused(client.sign_in(Web3::ethereum(&message, signature)).await, hex);
    }

    assert_refused(client.sso(Sso::domain(" ")).url().await, "domain must not be empty");
    let relative = "redirect URL is invalid: relative URL without a base";
    assert_refused(client.sso(Sso::domain("acme.example").redirect_to("/cb")).pkce().await, relative);

    let id = Uuid::from_u128(1);
    for (credential, why) in [
        (json!({}), "missing field `id`"),
        (json!(null), "invalid type: null, expected struct PublicKeyCredential"),
        (json!("no JSON"), "expected ident at line 1 column 2"),
        (
            json!({ "id": "YQ", "rawId": "YQ", "type": "public-key", "response": {} }),
            "data did not match any variant of untagged enum AuthenticatorResponse",
        ),
    ] {
        let text = format!("credential must be a WebAuthn credential: {why}");
        assert_refused(client.sign_in(PasskeyAssertion::new(id, credential.clone())).await, &text);
        assert_refused(client.user("t").passkeys().register(id, credential).await, &text);
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn a_message_for_a_wallet_is_not_built_from_parts_that_cannot_be_right() {
    let (address, now) = ("8YhmTcUVqenLWL2zLTBP4EYC3DkqR75auxxaqX7hfzwt", Utc::now());
    let for_site = |uri: &str| SolanaMessage::new(address, uri, now);
    let message = || for_site("https://app.example.com/");
    message().build().unwrap();
    for_site("http://localhost:3000/").build().unwrap();
    let no_domain = "URI must have a domain that the server accepts";
    for uri in ["https://127.0.0.1/", "https://example/", "https://[::1]/", "https://ada@app.example.com/"] {
        assert_refused(for_site(uri).build(), no_domain);
    }
    assert_refused(for_site("http://app.example.com/").build(), "URI must be https, or on localhost");
    assert_refused(for_site("app.example.com").build(), "URI is invalid: relative URL without a base");
    let spaces = "URI is invalid: it contains spaces or non-ASCII characters";
    assert_refused(for_site("https://app.example.com/\nVersion: 2").build(), spaces);
    assert_refused(message().statement("").build(), "statement must not be empty");
    assert_refused(message().statement("a\nURI: https://evil.example").build(), "statement must be a single line");
    assert_refused(message().nonce("a\nb").build(), "nonce must be a single line");
    assert_refused(message().request_id(" ").build(), "request id must not be empty");
    assert_refused(message().resource("terms").build(), "resource is invalid: relative URL without a base");
    let before = now - chrono::Duration::seconds(1);
    assert_refused(message().expires_at(before).build(), "message must not expire before it is issued");
    let after = now + chrono::Duration::seconds(2);
    let late = message().expires_at(now).not_before(after);
    assert_refused(late.build(), "message must not expire before it becomes valid");
    for bad in ["", "short", &"0".repeat(40), &"a".repeat(45)] {
        let text = "address must be 32 to 44 characters of base58";
        assert_refused(SolanaMessage::new(bad, "https://app.example.com/", now).build(), text);
    }

    let of = |address: &str| EthereumMessage::new(address, "https://app.example.com/", now);
    let ethereum = || of("0x196a28d05bA75C8dC35B0F6e71DD622D1aC82b7E");
    for bad in ["", "0x", "196a28d05bA75C8dC35B0F6e71DD622D1aC82b7E", "0x196a28d05bA75C8dC35B0F6e71DD622D1aC82b7g"] {
        assert_refused(of(bad).build(), "address must be 0x and 40 hexadecimal digits");
    }
    for bad in [0, u64::MAX] {
        assert_refused(ethereum().chain_id(bad).build(), "chain id must be a positive number of at most 63 bits");
    }
    for bad in ["short", "not alphanumeric"] {
        assert_refused(ethereum().nonce(bad).build(), "nonce must be at least 8 letters and digits");
    }
    assert_refused(ethereum().statement("a\rb").build(), "statement must be a single line");
}

#[tokio::test]
async fn invalid_input_to_calls_of_a_user_is_rejected() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let user = client_of(&server).user(ACCESS_TOKEN);
    let (id, mfa) = (Uuid::from_u128(1), user.mfa());
    let issuer = mfa.enroll_totp(EnrollTotp::new().issuer("Acme & Co")).await;
    assert_refused(issuer, "issuer must not contain &, because the server cuts it there");
    assert_refused(mfa.enroll_phone(EnrollPhone::new("")).await, "phone number must not be empty");
    assert_refused(mfa.enroll_webauthn(" ").await, "factor name must not be empty");
    assert_refused(mfa.verify(&FactorChallenge::new(id, id), "").await, "code must not be empty");
    assert_refused(mfa.challenge_and_verify(id, "").await, "code must not be empty");
    for name in ["", " ", &"n".repeat(121)] {
        assert_refused(user.passkeys().rename(id, name).await, "passkey name must be 1 to 120 bytes long");
    }
    assert_refused(user.oauth().authorization("").await, "authorization id must not be empty");
    assert_refused(user.oauth().approve(" ").await, "authorization id must not be empty");
    let outside = "request path parameter must not be empty, `.` or `..`";
    assert_refused(user.oauth().authorization("..").await, outside);
    let link = || user.identities().link(Provider::Github);
    assert_refused(user.identities().link("").url().await, "provider must not be empty");
    assert_refused(link().scopes(["a b"]).url().await, "scope must not be empty or contain spaces");
    assert_refused(link().redirect_to("/cb").pkce().await, "redirect URL is invalid: relative URL without a base");
    let text = "query parameter skip_http_redirect is not passed on to the provider";
    assert_refused(link().query("skip_http_redirect", "false").url().await, text);
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn invalid_input_to_calls_of_an_oauth_client_is_rejected() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let app = client.oauth_app(Uuid::from_u128(1), ClientAuthentication::Public);
    let authorize = || app.authorize("https://app.example.com/cb");
    assert_refused(app.authorize("").start(), "redirect URL must not be empty");
    assert_refused(authorize().scopes([""]).start(), "scope must not be empty or contain spaces");
    assert_refused(authorize().nonce("").start(), "nonce must not be empty");
    assert_refused(authorize().resource("api").start(), "resource is invalid: relative URL without a base");
    assert_refused(
        authorize().resource("https://api.example.com/#x").start(),
        "resource must have no query and no fragment",
    );
    let (_, flow) = authorize().start().unwrap();
    let no_code = format!("https://app.example.com/cb?code=&state={}", flow.state().expose()).parse().unwrap();
    let no_callback = "callback is not that of an authorization request";
    assert_refused(app.exchange(&flow, &OAuthCallback::parse(&no_code)).await, no_callback);
    assert_refused(app.refresh("").await, "refresh token must not be empty");
    assert_refused(app.user_info("").await, "access token must not be empty");
    for empty in [ClientAuthentication::SecretBasic("".into()), ClientAuthentication::SecretPost("".into())] {
        let app = client.oauth_app(Uuid::from_u128(1), empty);
        assert_refused(app.refresh("f5pr2ljsaq5q").await, "client secret must not be empty");
    }

    let register = |uri: &str| client.register_oauth_client(NewOAuthClient::confidential([uri]));
    let none = NewOAuthClient::confidential(Vec::<String>::new());
    assert_refused(client.register_oauth_client(none).await, "redirect URIs must not be empty");
    let many = NewOAuthClient::confidential(vec!["https://app.example.com/"; 11]);
    assert_refused(client.register_oauth_client(many).await, "redirect URIs must have at most ten entries");
    assert_refused(register("/cb").await, "redirect URI is invalid: relative URL without a base");
    assert_refused(register("https://app.example.com/#x").await, "redirect URI must not have a fragment");
    let plain = "redirect URI must not be http, except on this machine";
    assert_refused(register("http://app.example.com/cb").await, plain);
    let valid = || NewOAuthClient::confidential(["https://app.example.com/cb"]);
    let long = valid().client_name("n".repeat(1025));
    assert_refused(client.register_oauth_client(long).await, "client name must be at most 1024 bytes long");
    let page = valid().client_uri("x");
    let relative = "client URI is invalid: relative URL without a base";
    assert_refused(client.register_oauth_client(page).await, relative);
    let logo = valid().logo_uri(format!("https://a.example/{}", "x".repeat(2048)));
    assert_refused(client.register_oauth_client(logo).await, "logo URI must be at most 2048 bytes long");
    assert_refused(
        client.register_oauth_client(valid().grant_types(<[&str; 0]>::default())).await,
        "grant types must not be empty",
    );
    assert!(server.received_requests().await.unwrap().is_empty());
}
