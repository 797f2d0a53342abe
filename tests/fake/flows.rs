//! What is the fake server's own: its clock, its mailbox, its providers, and what it says to a call that it does not
//! know. What people do with any server is in `tests/scenarios/`.

use std::time::Duration;

use gotrue::{
    AuthorizationCode, Client, Error, ErrorCode, Password, PkceVerifier, Provider, Recover, Resend, Session,
    SignInMessage, SignUp, UserUpdate, VerifyOtp,
    admin::{CreateCustomProvider, GenerateLink, OAuth2Endpoints},
    types::OtpType,
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;
use url::Url;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";

#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().code().expect("a code").to_string()
}

async fn signed_up(client: &Client) -> Session {
    client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().expect("a session")
}

/// Opens a URL as a browser would, one step, and tells where it leads.
async fn open(url: &str) -> Url {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let reply = http.get(url).send().await.unwrap();
    assert!(reply.status().is_redirection(), "{}", reply.status());
    Url::parse(reply.headers()["location"].to_str().unwrap()).unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn fragment(url: &Url, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(url.fragment()?.as_bytes());
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn the_mailbox_holds_codes_and_links() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    client.resend(Resend::sign_up(EMAIL)).await.unwrap();
    let [first, last] = <[_; 2]>::try_from(server.messages_to(EMAIL)).unwrap();
    assert_eq!((last.otp_type, last.to.as_str()), (Some(OtpType::Signup), EMAIL));
    assert!(last.link.unwrap().expose().contains(last.token_hash.unwrap().expose()));
    assert_eq!(code(client.verify_otp(VerifyOtp::email(EMAIL, &first.code)).await), "otp_expired");
    let session = client.verify_otp(VerifyOtp::email(EMAIL, &last.code)).await.unwrap().session().unwrap();
    client.user(session.access_token()).reauthenticate().await.unwrap();
    assert_eq!(server.last_message_to(EMAIL).unwrap().otp_type, None);

    client.send_otp(SignInMessage::phone("15550000002")).await.unwrap();
    let message = server.last_message_to("15550000002").unwrap();
    assert!(message.link.is_none() && message.token_hash.is_none());
    client.verify_otp(VerifyOtp::phone("15550000002", &message.code)).await.unwrap().session().unwrap();
    // To somebody unknown, and for a link of an administrator, nothing is sent.
    client.recover(Recover::email("who@example.com")).await.unwrap();
    client.admin(server.service_key()).generate_link(GenerateLink::invite("grace@example.com")).await.unwrap();
    assert!(server.messages_to("who@example.com").is_empty() && server.messages_to("grace@example.com").is_empty());
}

#[tokio::test]
async fn any_provider_agrees_at_once() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let redirect_to = "https://app.example.com/cb?next=%2Fa%26b&ü=1";
    let (url, verifier) = client
        .authorize(Provider::Github)
        .scopes(["repo", "user:email"])
        .redirect_to(redirect_to)
        .query("prompt", "consent & more")
        .pkce()
        .unwrap();
    assert_eq!(parameter(&url, "scopes").as_deref(), Some("repo user:email"));
    assert_eq!(parameter(&url, "redirect_to").as_deref(), Some(redirect_to));
    assert_eq!(parameter(&url, "prompt").as_deref(), Some("consent & more"));
    assert_eq!(parameter(&url, "code_challenge"), Some(verifier.challenge()));
    assert_eq!(parameter(&url, "code_challenge_method").as_deref(), Some("s256"));
    let target = open(open(url.as_str()).await.as_str()).await;
    assert!(target.as_str().starts_with("https://app.example.com/cb?next="));
    let auth_code = parameter(&target, "code").unwrap();
    let session = client.sign_in(AuthorizationCode::new(auth_code, verifier)).await.unwrap();
    assert_eq!(session.user().identities.as_ref().unwrap()[0].provider, "github");

    let at = |path: &str| format!("https://acme.example.com/{path}");
    let endpoints = OAuth2Endpoints { authorization_url: at("auth"), token_url: at("token"), userinfo_url: at("me") };
    let acme = CreateCustomProvider::oauth2("acme", endpoints, "client", "secret");
    client.admin(server.service_key()).custom_providers().create(acme).await.unwrap();
    let url = client.authorize(Provider::custom("acme")).url().unwrap();
    let target = open(open(url.as_str()).await.as_str()).await;
    let session = client.refresh(fragment(&target, "refresh_token").unwrap()).await.unwrap();
    assert_eq!(session.user().identities.as_ref().unwrap()[0].provider, "custom:acme");
}

#[tokio::test]
async fn errors_are_the_same_in_both_versions() {
    let server = FakeServer::start().await;
    for version in ["2024-01-01", "2023-01-01"] {
        let client = server.client_builder().api_version(version).build().unwrap();
        let error = client.sign_in(Password::email("who@example.com", PASSWORD)).await.unwrap_err();
        assert_eq!(error.to_string(), "token: the server returned 400 invalid_credentials: Invalid login credentials");
        let error = client.sign_up(SignUp::email("a@example.com", "123")).await.unwrap_err();
        assert_eq!(error.code(), Some(&ErrorCode::WeakPassword));
        assert_eq!(error.weak_password_reasons().len(), 1);
    }
}

#[tokio::test]
async fn a_spent_refresh_token_passes_again_for_a_while() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client().unwrap();
    let first = signed_up(&client).await;
    let second = client.refresh(first.refresh_token()).await.unwrap();
    // The parent of the active token: whoever lost the answer gets it again, at any time.
    clock.advance(Duration::from_secs(3600));
    let lost = client.refresh(first.refresh_token()).await.unwrap();
    assert_eq!(lost.refresh_token(), second.refresh_token());

    let third = client.refresh(second.refresh_token()).await.unwrap();
    clock.advance(Duration::from_secs(11));
    let abuse = client.refresh(first.refresh_token()).await.unwrap_err();
    assert_eq!(abuse.code(), Some(&ErrorCode::RefreshTokenAlreadyUsed));
    // The whole family is revoked with it, though it has the reuse interval left.
    clock.advance(Duration::from_secs(11));
    assert_eq!(code(client.refresh(third.refresh_token()).await), "refresh_token_already_used");
}

#[tokio::test]
async fn an_access_token_expires_by_the_clock_of_the_server() {
    let clock = ManualClock::new();
    let builder = FakeServer::builder().clock(clock.clone()).token_lifetime(Duration::from_secs(60));
    let server = builder.start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let session = signed_up(&client).await;
    let user = client.user(session.access_token());
    clock.advance(Duration::from_secs(59));
    user.get().await.unwrap();
    clock.advance(Duration::from_secs(1));
    assert!(session.is_expired_at(gotrue::Clock::now(&clock)));
    let expired = user.get().await.unwrap_err();
    assert_eq!(expired.code(), Some(&ErrorCode::BadJwt));
    assert!(!expired.ends_session(), "a refresh will do");
}

#[tokio::test]
async fn a_code_expires_and_messages_have_an_interval() {
    let clock = ManualClock::new();
    let builder = FakeServer::builder().clock(clock.clone()).message_interval(Duration::from_secs(60));
    let server = builder.start().await;
    let client = server.client().unwrap();
    client.send_otp(SignInMessage::email(EMAIL)).await.unwrap();
    clock.advance(Duration::from_secs(18));
    let limited = client.send_otp(SignInMessage::email(EMAIL)).await.unwrap_err();
    assert_eq!(limited.code(), Some(&ErrorCode::OverEmailSendRateLimit));
    assert_eq!(limited.retry_after(), Some(Duration::from_secs(42)));
    assert!(limited.is_retryable());

    clock.advance(Duration::from_secs(3600));
    let code_sent = server.last_message_to(EMAIL).unwrap().code;
    assert_eq!(code(client.verify_otp(VerifyOtp::email(EMAIL, code_sent)).await), "otp_expired");
}

#[tokio::test]
async fn calls_are_limited() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).rate_limit(2).start().await;
    let client = server.client().unwrap();
    let wrong = || client.sign_in(Password::email(EMAIL, PASSWORD));
    assert_eq!(code(wrong().await), "invalid_credentials");
    clock.advance(Duration::from_secs(60));
    assert_eq!(code(wrong().await), "invalid_credentials");
    let limited = wrong().await.unwrap_err();
    assert_eq!((limited.status().unwrap().as_u16(), limited.code()), (429, Some(&ErrorCode::OverRequestRateLimit)));
    assert_eq!(limited.api().unwrap().message(), "Request rate limit reached");
    // Each operation by itself, and some not at all.
    signed_up(&client).await;
    for _ in 0..3 {
        client.settings().await.unwrap();
    }
    // The first call has been forgotten by then, the second has not.
    clock.advance(Duration::from_secs(241));
    client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    assert_eq!(code(wrong().await), "over_request_rate_limit");
}

#[tokio::test]
async fn what_is_not_routed_answers_as_the_real_server() {
    let server = FakeServer::start().await;
    let http = reqwest::Client::new();
    let unknown = http.get(format!("{}/nope", server.url())).send().await.unwrap();
    assert_eq!(unknown.status().as_u16(), 404);
    assert_eq!(unknown.text().await.unwrap(), "404 page not found\n");
    let wrong_method = http.delete(format!("{}/settings", server.url())).send().await.unwrap();
    assert_eq!((wrong_method.status().as_u16(), &wrong_method.headers()["allow"]), (405, &"GET".parse().unwrap()));
    let prefixed = http.post(format!("{}/auth/v1/oauth/token", server.url())).send().await.unwrap();
    assert_eq!(prefixed.status().as_u16(), 404);
    let expected: Vec<Vec<&str>> = server
        .requests()
        .iter()
        .map(|request| request.expected.iter().map(|operation| operation.id).collect())
        .collect();
    assert_eq!(expected, [vec![], vec!["settings"], vec!["oauth_token"]]);
}

#[tokio::test]
async fn requests_are_told_without_their_secrets() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let ada = signed_up(&client).await;
    let _ = client.sign_in(AuthorizationCode::new("planted-code", PkceVerifier::generate().unwrap())).await;
    let update =
        UserUpdate::new().password("planted-password-1").data(json!({ "nickname": "a", "token": "planted-t" }));
    client.user(ada.access_token()).update(update).await.unwrap();
    let app = client.oauth_app(ada.user().id, "planted-secret");
    let _ = app.refresh("planted-refresh").await;
    let requests = server.requests();
    let all = format!("{requests:?}");
    let secrets =
        [PASSWORD, ada.access_token().expose(), ada.refresh_token().expose(), "planted", "anon-key", "Basic "];
    for secret in secrets {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    let [sign_up, code, update, refresh] = requests.as_slice() else { panic!("{all}") };
    assert_eq!(sign_up.body.as_ref().unwrap()["email"], EMAIL);
    assert_eq!(
        (code.method.as_str(), code.path.as_str(), code.query.join(",")),
        ("POST", "/token", "grant_type".into())
    );
    assert_eq!(update.headers["authorization"], "[redacted]");
    assert_eq!(update.body.as_ref().unwrap()["data"]["nickname"], "a");
    assert_eq!(refresh.body.as_ref().unwrap()["grant_type"], "refresh_token");
}

#[tokio::test]
async fn the_raw_client_is_there_for_the_rest() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    // Anonymous sign-in has no method yet.
    let reply = client.raw().sign_up(None, None, &gotrue::types::SignUpRequest::default()).await.unwrap();
    let gotrue::types::SignUpResponse::Session(session) = reply.into_inner() else { panic!() };
    assert_eq!(session.user.is_anonymous, Some(true));
    let session_id = client.user(session.access_token).raw().unwrap().get_user(None).await.unwrap();
    assert_eq!(session_id.is_anonymous, Some(true));
}

#[tokio::test]
async fn a_client_is_shared_between_tasks() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    signed_up(&client).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.sign_in(Password::email(EMAIL, PASSWORD)).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_fake_server_stops_in_a_task_that_has_used_up_its_turn() {
    let server = FakeServer::start().await;
    let lock = tokio::sync::Mutex::new(());
    while tokio::task::coop::has_budget_remaining() {
        drop(lock.lock().await);
    }
    drop(server);
}
