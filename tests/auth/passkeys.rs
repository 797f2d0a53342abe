//! Passkeys on the fake server, with a software authenticator.

use std::time::Duration;

use gotrue::{
    Anonymous, Client, Error, ErrorCode, PasskeyAssertion, Session, SignUp, UserClient, types::PublicKeyCredential,
    uuid::Uuid,
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::Value;
use support::authenticator::{Device, ORIGIN};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";

#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.unwrap_err().code().expect("a code").clone()
}

async fn signed_up(client: &Client, email: &str) -> (Session, UserClient) {
    let session = client.sign_up(SignUp::email(email, PASSWORD)).await.unwrap().session().expect("a session");
    let user = client.user(session.access_token());
    (session, user)
}

/// A new passkey of a user, and its id.
async fn registered(user: &UserClient) -> (Device, Uuid) {
    let mut device = Device::default();
    let challenge = user.passkeys().registration_options().await.unwrap();
    let credential = device.create(challenge.options, ORIGIN).await.unwrap();
    let passkey = user.passkeys().register(challenge.challenge_id, credential).await.unwrap();
    (device, passkey.id)
}

/// A device's response to a new challenge.
async fn answer(client: &Client, device: &mut Device) -> (Uuid, Value) {
    let challenge = client.passkey_options().await.unwrap();
    (challenge.challenge_id, device.get(challenge.options, ORIGIN).await.unwrap())
}

/// The credential as a browser returns it.
fn in_base64(credential: Value) -> Value {
    Value::from(PublicKeyCredential::try_from(credential).unwrap())
}

#[tokio::test]
async fn a_passkey_is_registered_and_signs_in() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client().unwrap();
    assert_eq!(client.settings().await.unwrap().passkeys_enabled, Some(true));
    let (session, user) = signed_up(&client, EMAIL).await;
    assert!(user.passkeys().list().await.unwrap().is_empty());

    let challenge = user.passkeys().registration_options().await.unwrap();
    assert_eq!(challenge.expires_at, Some(clock_in(&clock, 300)));
    let options = Value::from(challenge.options.clone());
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["user"]["name"], EMAIL);
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options.get("excludeCredentials"), None);
    let mut device = Device::default();
    let credential = device.create(challenge.options, ORIGIN).await.unwrap();
    let passkey = user.passkeys().register(challenge.challenge_id, credential).await.unwrap();
    assert_eq!(passkey.friendly_name.as_deref(), Some("Passkey"));
    assert_eq!(passkey.last_used_at, None);

    clock.advance(Duration::from_secs(60));
    let (id, credential) = answer(&client, &mut device).await;
    let by_passkey = client.sign_in(PasskeyAssertion::new(id, credential)).await.unwrap();
    assert_eq!(by_passkey.user().id, session.user().id);
    let claims = gotrue::Claims::read_unverified(by_passkey.access_token()).unwrap();
    assert_eq!(claims.amr[0].method, "passkey");
    let list = client.user(by_passkey.access_token()).passkeys().list().await.unwrap();
    assert_eq!(list[0].id, passkey.id);
    assert_eq!(list[0].last_used_at.unwrap().timestamp(), clock_in(&clock, 0));
    // Again, with the next value of the counter.
    let (id, credential) = answer(&client, &mut device).await;
    client.sign_in(PasskeyAssertion::new(id, credential)).await.unwrap();
}

fn clock_in(clock: &ManualClock, seconds: i64) -> i64 {
    gotrue::Clock::now(clock).timestamp() + seconds
}

#[tokio::test]
async fn passkeys_are_renamed_and_deleted() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let (session, user) = signed_up(&client, EMAIL).await;
    let (mut device, id) = registered(&user).await;
    let renamed = user.passkeys().rename(id, "laptop").await.unwrap();
    assert_eq!(renamed.friendly_name.as_deref(), Some("laptop"));
    assert_eq!(user.passkeys().list().await.unwrap()[0].friendly_name.as_deref(), Some("laptop"));

    let (_, other) = signed_up(&client, "bob@example.com").await;
    let gone = other.passkeys().rename(id, "mine").await.unwrap_err();
    assert_eq!(
        (gone.status().map(|status| status.as_u16()), gone.code()),
        (Some(404), Some(&ErrorCode::ValidationFailed))
    );
    assert_eq!(code(other.passkeys().delete(id).await), ErrorCode::ValidationFailed);

    user.passkeys().delete(id).await.unwrap();
    assert!(user.passkeys().list().await.unwrap().is_empty());
    let (challenge, credential) = answer(&client, &mut device).await;
    let refused = client.sign_in(PasskeyAssertion::new(challenge, credential)).await;
    assert_eq!(code(refused), ErrorCode::WebauthnVerificationFailed);

    let (_, id) = registered(&user).await;
    let admin = client.admin(server.service_key());
    let passkeys = admin.users().passkeys(session.user().id);
    assert_eq!(passkeys.list().await.unwrap()[0].id, id);
    passkeys.delete(id).await.unwrap();
    assert_eq!(code(passkeys.delete(id).await), ErrorCode::ValidationFailed);
    assert!(passkeys.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_challenge_accepts_one_response_in_time() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client().unwrap();
    let (_, user) = signed_up(&client, EMAIL).await;
    let (mut device, _) = registered(&user).await;

    let (id, credential) = answer(&client, &mut device).await;
    let assertion = PasskeyAssertion::new(id, credential);
    client.sign_in(assertion.clone()).await.unwrap();
    assert_eq!(code(client.sign_in(assertion).await), ErrorCode::WebauthnChallengeNotFound);

    let (_, credential) = answer(&client, &mut device).await;
    let other = client.passkey_options().await.unwrap();
    let wrong = client.sign_in(PasskeyAssertion::new(other.challenge_id, &credential)).await;
    assert_eq!(code(wrong), ErrorCode::WebauthnVerificationFailed);
    let unknown = client.sign_in(PasskeyAssertion::new(Uuid::from_u128(1), &credential)).await;
    assert_eq!(code(unknown), ErrorCode::WebauthnChallengeNotFound);
    // A challenge for registration is not valid for a sign-in.
    let registration = user.passkeys().registration_options().await.unwrap();
    let crossed = client.sign_in(PasskeyAssertion::new(registration.challenge_id, &credential)).await;
    assert_eq!(code(crossed), ErrorCode::WebauthnChallengeNotFound);

    let (id, credential) = answer(&client, &mut device).await;
    clock.advance(Duration::from_secs(301));
    let late = client.sign_in(PasskeyAssertion::new(id, credential)).await;
    assert_eq!(code(late), ErrorCode::WebauthnChallengeExpired);
}

#[tokio::test]
async fn registrations_are_verified() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let (_, user) = signed_up(&client, EMAIL).await;
    let passkeys = user.passkeys();

    // Another site.
    let challenge = passkeys.registration_options().await.unwrap();
    let elsewhere = Device::default().create(challenge.options, "http://localhost:4000").await.unwrap();
    let wrong_origin = passkeys.register(challenge.challenge_id, &elsewhere).await;
    assert_eq!(code(wrong_origin), ErrorCode::WebauthnVerificationFailed);
    // The failure used up the challenge.
    assert_eq!(code(passkeys.register(challenge.challenge_id, &elsewhere).await), ErrorCode::WebauthnChallengeNotFound);

    // Another challenge.
    let first = passkeys.registration_options().await.unwrap();
    let second = passkeys.registration_options().await.unwrap();
    let credential = Device::default().create(first.options, ORIGIN).await.unwrap();
    let wrong = passkeys.register(second.challenge_id, &credential).await;
    assert_eq!(code(wrong), ErrorCode::WebauthnVerificationFailed);

    // A truncated attestation object.
    let challenge = passkeys.registration_options().await.unwrap();
    let credential = Device::default().create(challenge.options, ORIGIN).await.unwrap();
    let mut cut = in_base64(credential);
    let object = cut["response"]["attestationObject"].as_str().unwrap();
    cut["response"]["attestationObject"] = object[..object.len() - 8].into();
    let error = passkeys.register(challenge.challenge_id, cut).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::WebauthnVerificationFailed));
    assert!(error.to_string().contains("Invalid credential response"), "{error}");

    // The same credential twice.
    let (first, second) =
        (passkeys.registration_options().await.unwrap(), passkeys.registration_options().await.unwrap());
    let credential = Device::default().create(first.options, ORIGIN).await.unwrap();
    passkeys.register(first.challenge_id, &credential).await.unwrap();
    let mut again = in_base64(credential);
    again["response"]["clientDataJSON"] = client_data("webauthn.create", &second.options.challenge, ORIGIN);
    let twice = passkeys.register(second.challenge_id, again).await;
    assert_eq!(code(twice), ErrorCode::WebauthnCredentialExists);
    // Authenticators are told to exclude it.
    let options = Value::from(passkeys.registration_options().await.unwrap().options);
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
}

/// Client data as a browser creates it. It is not signed in a registration without attestation.
fn client_data(ceremony: &str, challenge: &str, origin: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let data = serde_json::json!({ "type": ceremony, "challenge": challenge, "origin": origin });
    URL_SAFE_NO_PAD.encode(data.to_string()).into()
}

#[tokio::test]
async fn forged_assertions_are_rejected() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let (_, user) = signed_up(&client, EMAIL).await;
    let (mut device, _) = registered(&user).await;
    let (_, other) = signed_up(&client, "bob@example.com").await;
    let (mut other_device, _) = registered(&other).await;

    // Another site.
    let challenge = client.passkey_options().await.unwrap();
    let credential = device.get(challenge.options, "http://localhost:4000").await.unwrap();
    let wrong_origin = client.sign_in(PasskeyAssertion::new(challenge.challenge_id, credential)).await;
    assert_eq!(code(wrong_origin), ErrorCode::WebauthnVerificationFailed);

    // The signature for another challenge, by another key, for other authenticator data, and by an unknown key.
    let (_, stale) = answer(&client, &mut device).await;
    let (_, foreign) = answer(&client, &mut other_device).await;
    let (stale, foreign) = (in_base64(stale), in_base64(foreign));
    for (field, with) in
        [("signature", &stale), ("signature", &foreign), ("authenticatorData", &stale), ("userHandle", &foreign)]
    {
        let (id, credential) = answer(&client, &mut device).await;
        let mut forged = in_base64(credential);
        forged["response"][field] = with["response"][field].clone();
        let refused = client.sign_in(PasskeyAssertion::new(id, forged)).await;
        assert_eq!(code(refused), ErrorCode::WebauthnVerificationFailed, "{field}");
    }
    let (id, credential) = answer(&client, &mut device).await;
    let mut forged = in_base64(credential);
    forged["rawId"] = foreign["rawId"].clone();
    let refused = client.sign_in(PasskeyAssertion::new(id, forged)).await;
    assert_eq!(code(refused), ErrorCode::WebauthnVerificationFailed);

    // The genuine assertion is still accepted.
    let (id, credential) = answer(&client, &mut device).await;
    client.sign_in(PasskeyAssertion::new(id, credential)).await.unwrap();
}

#[tokio::test]
async fn users_who_may_not_sign_in_cannot_use_a_passkey() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let (session, user) = signed_up(&client, EMAIL).await;
    let (mut device, _) = registered(&user).await;
    let users = client.admin(server.service_key()).users();
    users.ban(session.user().id, Duration::from_secs(3600)).await.unwrap();
    let (id, credential) = answer(&client, &mut device).await;
    assert_eq!(code(client.sign_in(PasskeyAssertion::new(id, credential)).await), ErrorCode::UserBanned);
    users.delete(session.user().id).await.unwrap();
    let (id, credential) = answer(&client, &mut device).await;
    let gone = client.sign_in(PasskeyAssertion::new(id, credential)).await;
    assert_eq!(code(gone), ErrorCode::WebauthnVerificationFailed);

    let anonymous = client.sign_in(Anonymous::new()).await.unwrap();
    let passkeys = client.user(anonymous.access_token()).passkeys();
    assert_eq!(code(passkeys.registration_options().await), ErrorCode::NoAuthorization);
}

#[tokio::test]
async fn credentials_are_tied_to_the_configured_site() {
    let server = FakeServer::builder().relying_party("example.com", "https://app.example.com").start().await;
    let client = server.client().unwrap();
    let (_, user) = signed_up(&client, EMAIL).await;
    let challenge = user.passkeys().registration_options().await.unwrap();
    let mut device = Device::default();
    let credential = device.create(challenge.options, "https://app.example.com").await.unwrap();
    user.passkeys().register(challenge.challenge_id, credential).await.unwrap();
    let challenge = client.passkey_options().await.unwrap();
    assert_eq!(challenge.options.rp_id, "example.com");
    let credential = device.get(challenge.options, "https://app.example.com").await.unwrap();
    client.sign_in(PasskeyAssertion::new(challenge.challenge_id, credential)).await.unwrap();
}
