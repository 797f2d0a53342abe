//! The wrapper against the fake server, as an application would use it.

use std::time::Duration;

use gotrue::{
    AuthorizationCode, Client, Error, ErrorCode, Invite, OtpType, Password, PkceVerifier, Provider, Recover, Resend,
    SendMagicLink, SendOtp, Session, SignOutScope, SignUp, SignUpOutcome, UserUpdate, Verified, Verify, raw,
    testing::{FakeServer, ManualClock},
};
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
async fn sign_up_sign_in_change_refresh_sign_out() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let ada = SignUp::email(EMAIL, PASSWORD).data(json!({ "favorite_language": "rust", "nickname": "a" }));
    let SignUpOutcome::Session(first) = client.sign_up(ada).await.unwrap() else { panic!() };
    assert_eq!(first.user().email.as_deref(), Some(EMAIL));

    let session = client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    assert_eq!(session.user().id, first.user().id);
    let user = client.user(session.access_token());
    let change = UserUpdate::new().data(json!({ "favorite_language": "elixir", "nickname": null }));
    let changed = user.update(change).await.unwrap();
    let metadata = changed.user_metadata.unwrap();
    assert_eq!(metadata["favorite_language"], "elixir");
    assert_eq!(metadata.get("nickname"), None);

    let renewed = client.refresh(session.refresh_token()).await.unwrap();
    assert_ne!(renewed.refresh_token(), session.refresh_token());
    let user = client.user(renewed.access_token());
    assert_eq!(user.get().await.unwrap().id, first.user().id);
    user.sign_out(SignOutScope::Local).await.unwrap();
    let over = user.get().await.unwrap_err();
    assert_eq!(over.code(), Some(&ErrorCode::SESSION_NOT_FOUND));
    assert!(over.ends_session());
    let gone = client.refresh(renewed.refresh_token()).await.unwrap_err();
    assert!(gone.ends_session(), "{gone}");
    // The other session lives.
    client.user(first.access_token()).get().await.unwrap();
}

#[tokio::test]
async fn wrong_credentials_are_told_by_their_code() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    signed_up(&client).await;
    assert_eq!(code(client.sign_in(Password::email(EMAIL, "wrong-horse")).await), "invalid_credentials");
    assert_eq!(code(client.sign_in(Password::email("who@example.com", PASSWORD)).await), "invalid_credentials");
    assert_eq!(code(client.sign_up(SignUp::email(EMAIL, PASSWORD)).await), "user_already_exists");
    let weak = client.sign_up(SignUp::email("grace@example.com", "123")).await.unwrap_err();
    assert_eq!(weak.weak_password_reasons(), [gotrue::WeakPasswordReason::LENGTH]);
    assert_eq!(code(client.user("no-token").get().await), "bad_jwt");
    assert_eq!(code(client.admin("anon").invite(Invite::email("x@example.com")).await), "bad_jwt");
}

#[tokio::test]
async fn errors_are_the_same_in_both_versions() {
    let server = FakeServer::start().await;
    for version in ["2024-01-01", "2023-01-01"] {
        let client = server.client_builder().api_version(version).build().unwrap();
        let error = client.sign_in(Password::email("who@example.com", PASSWORD)).await.unwrap_err();
        assert_eq!(error.to_string(), "token: the server answered 400 invalid_credentials: Invalid login credentials");
        let error = client.sign_up(SignUp::email("a@example.com", "123")).await.unwrap_err();
        assert_eq!(error.code(), Some(&ErrorCode::WEAK_PASSWORD));
        assert_eq!(error.weak_password_reasons().len(), 1);
    }
}

#[tokio::test]
async fn a_new_user_confirms_by_code() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    let outcome = client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    let SignUpOutcome::ConfirmationRequired(user) = outcome else { panic!("{outcome:?}") };
    assert_eq!(code(client.sign_in(Password::email(EMAIL, PASSWORD)).await), "email_not_confirmed");

    // Once more; only the last code is good.
    let first = server.last_message_to(EMAIL).unwrap();
    client.resend(Resend::sign_up(EMAIL)).await.unwrap();
    assert_eq!(code(client.verify(Verify::email(EMAIL, &first.code)).await), "otp_expired");
    let last = server.last_message_to(EMAIL).unwrap();
    let verified = client.verify(Verify::email(EMAIL, &last.code)).await.unwrap();
    assert_eq!(verified.session().unwrap().user().id, user.id);
    // A code is good once.
    assert_eq!(code(client.verify(Verify::email(EMAIL, &last.code)).await), "otp_expired");
    client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();

    // Whoever signs up with a taken address learns nothing.
    let outcome = client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    let SignUpOutcome::ConfirmationRequired(invented) = outcome else { panic!("{outcome:?}") };
    assert_ne!(invented.id, user.id);
    assert_eq!(server.messages_to(EMAIL).len(), 2);
}

#[tokio::test]
async fn a_phone_is_confirmed_by_code() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::phone("+15550000001", PASSWORD)).await.unwrap();
    assert_eq!(code(client.sign_in(Password::phone("15550000001", PASSWORD)).await), "phone_not_confirmed");
    client.resend(Resend::sms("+15550000001")).await.unwrap();
    let message = server.last_message_to("15550000001").unwrap();
    assert!(message.link.is_none());
    client.verify(Verify::phone("+15550000001", &message.code)).await.unwrap().session().unwrap();
    client.sign_in(Password::phone("+15550000001", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_code_or_a_link_signs_in() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let unknown = client.send_otp(SendOtp::email(EMAIL).create_user(false)).await;
    assert_eq!(code(unknown), "otp_disabled");

    client.send_otp(SendOtp::email(EMAIL).data(json!({ "a": 1 }))).await.unwrap();
    let message = server.last_message_to(EMAIL).unwrap();
    let session = client.verify(Verify::email(EMAIL, &message.code)).await.unwrap().session().unwrap();
    assert_eq!(session.user().user_metadata.as_ref().unwrap()["a"], 1);

    client.send_magic_link(SendMagicLink::email(EMAIL)).await.unwrap();
    let hash = server.last_message_to(EMAIL).unwrap().token_hash.unwrap();
    client.verify(Verify::token_hash(hash, OtpType::Magiclink)).await.unwrap().session().unwrap();

    client.send_magic_link(SendMagicLink::email(EMAIL).redirect_to("https://app.example.com/cb?a=1")).await.unwrap();
    let link = server.last_message_to(EMAIL).unwrap().link.unwrap();
    let target = open(link.expose()).await;
    assert!(target.as_str().starts_with("https://app.example.com/cb?a=1#access_token="));
    assert_eq!(fragment(&target, "type").as_deref(), Some("magiclink"));
    client.refresh(fragment(&target, "refresh_token").unwrap()).await.unwrap();
    let used = open(link.expose()).await;
    assert_eq!(fragment(&used, "error_code").as_deref(), Some("otp_expired"));

    client.send_otp(SendOtp::phone("15550000002")).await.unwrap();
    let message = server.last_message_to("15550000002").unwrap();
    client.verify(Verify::phone("15550000002", &message.code)).await.unwrap().session().unwrap();
}

#[tokio::test]
async fn a_link_with_pkce_brings_a_code_for_the_owner_of_the_verifier() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let verifier = PkceVerifier::generate().unwrap();
    client.send_magic_link(SendMagicLink::email(EMAIL).pkce(&verifier)).await.unwrap();
    let link = server.last_message_to(EMAIL).unwrap().link.unwrap();
    let target = open(link.expose()).await;
    assert_eq!(target.fragment(), None);
    let auth_code = parameter(&target, "code").unwrap();

    let thief = AuthorizationCode::new(auth_code.clone(), PkceVerifier::generate().unwrap());
    assert_eq!(code(client.sign_in(thief).await), "bad_code_verifier");
    let session = client.sign_in(AuthorizationCode::new(auth_code.clone(), verifier.clone())).await.unwrap();
    assert_eq!(session.user().email.as_deref(), Some(EMAIL));
    let again = AuthorizationCode::new(auth_code, verifier);
    assert_eq!(code(client.sign_in(again).await), "flow_state_not_found");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    signed_up(&client).await;
    client.recover(Recover::email("who@example.com")).await.unwrap();
    assert!(server.messages_to("who@example.com").is_empty());

    client.recover(Recover::email(EMAIL)).await.unwrap();
    let message = server.last_message_to(EMAIL).unwrap();
    let verify = Verify::email(EMAIL, &message.code).otp_type(OtpType::Recovery);
    let session = client.verify(verify).await.unwrap().session().unwrap();
    let user = client.user(session.access_token());
    assert_eq!(code(user.update(UserUpdate::new().password(PASSWORD)).await), "same_password");
    user.update(UserUpdate::new().password("better-horse-8")).await.unwrap();
    client.sign_in(Password::email(EMAIL, "better-horse-8")).await.unwrap();
    assert_eq!(code(client.sign_in(Password::email(EMAIL, PASSWORD)).await), "invalid_credentials");
}

#[tokio::test]
async fn a_new_address_is_confirmed_at_both() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = signed_up(&client).await;
    let user = client.user(session.access_token());
    let new = "ada@new.example.com";
    let changed = user.update(UserUpdate::new().email(new)).await.unwrap();
    assert_eq!((changed.email.as_deref(), changed.new_email.as_deref()), (Some(EMAIL), Some(new)));

    let at_old = server.last_message_to(EMAIL).unwrap();
    let at_new = server.last_message_to(new).unwrap();
    let confirm = |to: &str, code: &gotrue::Secret| Verify::email(to, code).otp_type(OtpType::EmailChange);
    let first = client.verify(confirm(EMAIL, &at_old.code)).await.unwrap();
    assert!(matches!(first, Verified::ConfirmationPending { .. }), "{first:?}");
    let second = client.verify(confirm(new, &at_new.code)).await.unwrap().session().unwrap();
    assert_eq!(second.user().email.as_deref(), Some(new));
}

#[tokio::test]
async fn reauthentication_sends_a_code() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = signed_up(&client).await;
    client.user(session.access_token()).reauthenticate().await.unwrap();
    let message = server.last_message_to(EMAIL).unwrap();
    assert_eq!((message.otp_type, message.code.expose().len()), (None, 6));
}

#[tokio::test]
async fn an_invitation_signs_in() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    let admin = client.admin(server.service_key());
    let invited = admin.invite(Invite::email(EMAIL).data(json!({ "team": "blue" }))).await.unwrap();
    assert!(invited.invited_at.is_some() && invited.email_confirmed_at.is_none());
    let message = server.last_message_to(EMAIL).unwrap();
    let verify = Verify::email(EMAIL, &message.code).otp_type(OtpType::Invite);
    let session = client.verify(verify).await.unwrap().session().unwrap();
    assert_eq!(session.user().user_metadata.as_ref().unwrap()["team"], "blue");
    assert_eq!(code(admin.invite(Invite::email(EMAIL)).await), "email_exists");

    let user = client.admin(session.access_token());
    assert_eq!(code(user.invite(Invite::email("x@example.com")).await), "not_admin");
}

#[tokio::test]
async fn a_provider_signs_in_by_pkce() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let redirect_to = "https://app.example.com/cb?next=%2Fa%26b&ü=1";
    let (url, verifier) = client
        .authorize(Provider::GITHUB)
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
    assert!(session.provider_token().is_some() && session.provider_refresh_token().is_some());
}

#[tokio::test]
async fn a_provider_signs_in_by_the_implicit_flow() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let url = client.authorize(Provider::custom("acme")).url().unwrap();
    let target = open(open(url.as_str()).await.as_str()).await;
    let refresh_token = fragment(&target, "refresh_token").unwrap();
    assert_eq!(fragment(&target, "sb").as_deref(), Some(""));
    let session = client.refresh(refresh_token).await.unwrap();
    assert_eq!(session.user().identities.as_ref().unwrap()[0].provider, "custom:acme");
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
    assert_eq!(abuse.code(), Some(&ErrorCode::REFRESH_TOKEN_ALREADY_USED));
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
    assert_eq!(expired.code(), Some(&ErrorCode::BAD_JWT));
    assert!(!expired.ends_session(), "a refresh will do");
}

#[tokio::test]
async fn a_code_expires_and_messages_have_an_interval() {
    let clock = ManualClock::new();
    let builder = FakeServer::builder().clock(clock.clone()).message_interval(Duration::from_secs(60));
    let server = builder.start().await;
    let client = server.client().unwrap();
    client.send_otp(SendOtp::email(EMAIL)).await.unwrap();
    clock.advance(Duration::from_secs(18));
    let limited = client.send_otp(SendOtp::email(EMAIL)).await.unwrap_err();
    assert_eq!(limited.code(), Some(&ErrorCode::OVER_EMAIL_SEND_RATE_LIMIT));
    assert_eq!(limited.retry_after(), Some(Duration::from_secs(42)));
    assert!(limited.is_retryable());

    clock.advance(Duration::from_secs(3600));
    let code_sent = server.last_message_to(EMAIL).unwrap().code;
    assert_eq!(code(client.verify(Verify::email(EMAIL, code_sent)).await), "otp_expired");
}

#[tokio::test]
async fn signing_out_of_others_or_everywhere() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let first = signed_up(&client).await;
    let second = client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    client.user(second.access_token()).sign_out(SignOutScope::Others).await.unwrap();
    assert_eq!(code(client.user(first.access_token()).get().await), "session_not_found");
    client.user(second.access_token()).get().await.unwrap();

    let third = client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    client.user(third.access_token()).sign_out(SignOutScope::Global).await.unwrap();
    assert_eq!(code(client.user(second.access_token()).get().await), "session_not_found");
}

#[tokio::test]
async fn the_server_tells_of_itself() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    assert_eq!(client.health().await.unwrap().name, "GoTrue");
    let settings = client.settings().await.unwrap();
    assert_eq!((settings.mailer_autoconfirm, settings.external.get("email")), (Some(true), Some(&true)));
    let keys = client.jwks().await.unwrap().keys;
    assert_eq!((keys.len(), keys[0].alg.as_deref()), (1, Some("ES256")));
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
}

#[tokio::test]
async fn the_raw_client_is_there_for_the_rest() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    // Anonymous sign-in has no method yet.
    let reply = client.raw().sign_up(None, None, &raw::types::SignUpRequest::default()).await.unwrap();
    let raw::types::SignUpResponse::Session(session) = reply.into_inner() else { panic!() };
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
