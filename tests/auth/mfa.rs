//! Second factors.

use std::time::Duration;

use gotrue::{
    Anonymous, Client, Error, ErrorCode, Password, ProfileUpdate, Result, Secret, Session, SignUp, User,
    types::{AssuranceLevel, FactorType, MessageChannel, WebAuthnCeremony},
    user::{Assurance, EnrollPhone, EnrollTotp, FactorChallenge, Factors, Mfa, TotpFactor},
    uuid::{Uuid, uuid},
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Value, json};
use support::{
    authenticator::{Device, ORIGIN},
    body,
    exchange::Exchange,
    last_request,
};
use wiremock::MockServer;

/// The recorded user, with a server that replays a recording.
async fn play(name: &str) -> (Exchange, MockServer, Mfa) {
    let recorded = Exchange::load(name);
    let (server, client) = recorded.play().await;
    let mfa = client.user(recorded.access_token()).mfa();
    (recorded, server, mfa)
}

/// The factor in the path of a recorded request.
fn factor_of(recorded: &Exchange) -> Uuid {
    recorded.request["path"].as_str().unwrap().split('/').nth(2).unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_authenticator_is_enrolled() {
    use base64::{Engine, engine::general_purpose::STANDARD};

    let (recorded, server, mfa) = play("095-factor_enroll-totp").await;
    let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone app").issuer("acme")).await.unwrap();
    recorded.assert_repeated(&server).await;
    let totp = &recorded.came()["totp"];
    assert_eq!(factor.id, uuid!("9ef53e3d-404f-4886-9a71-a0470e144fef"));
    assert_eq!(factor.friendly_name.as_deref(), Some("phone app"));
    assert_eq!(factor.secret.expose(), totp["secret"]);
    assert_eq!(factor.uri.expose(), totp["uri"]);
    assert_eq!(factor.qr_code.expose(), totp["qr_code"]);
    let uri = factor.qr_code_data_uri();
    let svg = STANDARD.decode(uri.expose().strip_prefix("data:image/svg+xml;base64,").unwrap()).unwrap();
    assert_eq!(svg, factor.qr_code.expose().as_bytes());
    // All forms of the secret are redacted.
    let printed = format!("{factor:?} {uri:?}");
    assert!(!printed.contains(factor.secret.expose()) && !printed.contains("otpauth") && !printed.contains("svg"));

    let (_, _server, mfa) = play("096-factor_enroll-duplicate-name").await;
    let error = mfa.enroll_totp(EnrollTotp::new()).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MfaFactorNameConflict));
}

#[tokio::test]
async fn a_phone_and_a_security_key_are_enrolled() {
    let (recorded, server, mfa) = play("102-factor_enroll-phone").await;
    let factor = mfa.enroll_phone(EnrollPhone::new("15550000002").friendly_name("sim")).await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!((factor.type_, factor.phone.as_deref()), (FactorType::Phone, Some("15550000002")));

    let (recorded, server, mfa) = play("104-factor_enroll-webauthn").await;
    let factor = mfa.enroll_webauthn("key").await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!(factor.type_, FactorType::Webauthn);
}

#[tokio::test]
async fn an_enrollment_without_its_secret_is_an_error() {
    // The response for a phone contains no secret.
    let (_, _server, mfa) = play("102-factor_enroll-phone").await;
    let error = mfa.enroll_totp(EnrollTotp::new()).await.unwrap_err();
    assert!(matches!(error, Error::UnreadableResponse(_)), "{error:?}");
}

#[tokio::test]
async fn a_challenge_is_answered_for_a_session_of_aal2() {
    let (recorded, server, mfa) = play("098-factor_challenge-totp").await;
    let factor = factor_of(&recorded);
    let challenge = mfa.challenge(factor).await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!(challenge.factor_id(), factor);
    assert_eq!(challenge.expires_at().unwrap().timestamp(), 1_795_480_237);
    mfa.challenge_via(factor, MessageChannel::Whatsapp).await.unwrap();
    assert_eq!(body(&last_request(&server).await), json!({ "channel": "whatsapp" }));

    // The challenge can be stored in between.
    let text = serde_json::to_string(&challenge).unwrap();
    assert_eq!(serde_json::from_str::<FactorChallenge>(&text).unwrap(), challenge);

    let (recorded, server, mfa) = play("100-factor_verify-totp").await;
    let challenge_id = recorded.sent()["challenge_id"].as_str().unwrap().parse().unwrap();
    let challenge = FactorChallenge::new(factor_of(&recorded), challenge_id);
    let session = mfa.verify(&challenge, recorded.sent()["code"].as_str().unwrap()).await.unwrap();
    recorded.assert_repeated(&server).await;
    let assurance = Assurance::of(session.access_token(), session.user());
    assert_eq!(assurance.current, Some(AssuranceLevel::Aal2));
    assert!(!assurance.needs_second_factor());

    let (_, _server, mfa) = play("099-factor_verify-wrong-code").await;
    let error = mfa.verify(&challenge, "000000").await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MfaVerificationFailed));
    assert!(!error.ends_session());
}

#[tokio::test]
async fn challenge_and_verification_go_together() {
    use wiremock::{Mock, matchers::path_regex};

    let (challenge, verify) = (Exchange::load("098-factor_challenge-totp"), Exchange::load("100-factor_verify-totp"));
    let server = MockServer::start().await;
    Mock::given(path_regex("/challenge$")).respond_with(challenge.reply()).mount(&server).await;
    Mock::given(path_regex("/verify$")).respond_with(verify.reply()).mount(&server).await;
    let mfa = support::client_of(&server).user(verify.access_token()).mfa();
    mfa.challenge_and_verify(factor_of(&verify), "123456").await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(body(&requests[1]), json!({ "challenge_id": challenge.came()["id"], "code": "123456" }));
}

#[tokio::test]
async fn an_authenticator_makes_a_credential_and_then_uses_it() {
    let (recorded, server, mfa) = play("105-factor_challenge-webauthn").await;
    let made = mfa.challenge_webauthn(factor_of(&recorded)).await.unwrap();
    assert_eq!(body(&last_request(&server).await), json!({}));
    assert_eq!(made.ceremony, WebAuthnCeremony::Create);
    assert_eq!(Value::from(made.options.clone()), recorded.came()["webauthn"]["credential_options"]);

    let (recorded, _server, mfa) = play("246-factor_challenge-webauthn-request").await;
    let used = mfa.challenge_webauthn(factor_of(&recorded)).await.unwrap();
    assert_eq!(used.ceremony, WebAuthnCeremony::Request);
    let kept: gotrue::user::WebAuthnChallenge = serde_json::from_value(serde_json::to_value(&used).unwrap()).unwrap();

    let (recorded, server, mfa) = play("247-factor_verify-webauthn-request").await;
    let credential = &recorded.sent()["webauthn"]["credential_response"];
    let session = mfa.verify_webauthn(&kept, credential).await.unwrap();
    assert_eq!(Assurance::of(session.access_token(), session.user()).current, Some(AssuranceLevel::Aal2));
    let request = last_request(&server).await;
    assert_eq!(request.url.path(), recorded.request["path"]);
    let sent = json!({
        "challenge_id": recorded.sent()["challenge_id"],
        "webauthn": { "type": "request", "credential_response": credential },
    });
    assert_eq!(body(&request), sent);

    // The other kind of credential is not sent.
    let error = mfa.verify_webauthn(&made, credential).await.unwrap_err();
    assert_eq!(error.to_string(), "credential is an assertion; expected a new one");
    let attestation = Exchange::load("236-passkey_registration_verify-ok").sent()["credential"].clone();
    let error = mfa.verify_webauthn(&used, attestation).await.unwrap_err();
    assert_eq!(error.to_string(), "credential is new; expected an assertion");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_factor_of_another_kind_has_no_webauthn_challenge() {
    let (recorded, _server, mfa) = play("098-factor_challenge-totp").await;
    let error = mfa.challenge_webauthn(factor_of(&recorded)).await.unwrap_err();
    assert!(matches!(error, Error::UnreadableResponse(_)), "{error:?}");
}

#[tokio::test]
async fn a_factor_is_removed() {
    let (recorded, server, mfa) = play("106-factor_unenroll-webauthn").await;
    mfa.unenroll(factor_of(&recorded)).await.unwrap();
    recorded.assert_repeated(&server).await;

    let (recorded, _server, mfa) = play("107-factor_unenroll-not-found").await;
    let error = mfa.unenroll(factor_of(&recorded)).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MfaFactorNotFound));
}

fn user_with(factors: &[(&str, &str)]) -> User {
    let mut user = support::user();
    let factor = |(number, (kind, status)): (usize, &(&str, &str))| json!({ "id": Uuid::from_u128(number as u128), "factor_type": kind, "status": status });
    user["factors"] = factors.iter().enumerate().map(factor).collect();
    serde_json::from_value(user).unwrap()
}

/// An access token with these claims, and the required ones.
fn token(claims: &Value) -> Secret {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut claims = claims.clone();
    claims["sub"] = json!("4c7ff6f3-c42b-4426-a6b0-bd65e88e3896");
    claims["exp"] = json!(1_795_483_533);
    format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())).into()
}

#[test]
fn factors_are_grouped_by_type_and_state_and_unknown_types_survive() {
    let user = user_with(&[
        ("totp", "verified"),
        ("totp", "unverified"),
        ("phone", "unverified"),
        ("webauthn", "verified"),
        ("retina-scan", "on-probation"),
    ]);
    let factors = Factors::of(&user);
    let counts = [factors.totp().count(), factors.phone().count(), factors.webauthn().count(), factors.all().len()];
    assert_eq!(counts, [2, 1, 1, 5]);
    assert_eq!((factors.verified().count(), factors.unverified().count()), (2, 2));
    assert_eq!(factors.totp().filter(|factor| factor.is_verified()).count(), 1);
    let unknown = factors.of_type(FactorType::from("retina-scan")).next().unwrap();
    assert_eq!(unknown.status.as_str(), "on-probation");
    let none: User = serde_json::from_value(support::user()).unwrap();
    assert!(Factors::of(&none).all().is_empty());
}

#[test]
fn assurance_comes_from_the_token_and_the_verified_factors() {
    let one = token(&json!({ "aal": "aal1" }));
    let assurance = Assurance::of(&one, &user_with(&[("totp", "unverified")]));
    assert_eq!((&assurance.current, &assurance.next), (&Some(AssuranceLevel::Aal1), &Some(AssuranceLevel::Aal1)));
    assert!(!assurance.needs_second_factor());
    let assurance = Assurance::of(&one, &user_with(&[("retina-scan", "verified")]));
    assert_eq!(assurance.next, Some(AssuranceLevel::Aal2));
    assert!(assurance.needs_second_factor());

    // A level that is unknown today does not count as lower.
    let assurance = Assurance::of(&token(&json!({ "aal": "aal3" })), &user_with(&[]));
    assert_eq!(assurance.current.unwrap().to_string(), "aal3");
    for unreadable in ["", "x", "x.y.z", "e30.e30.x"] {
        assert_eq!(Assurance::of(&unreadable.into(), &user_with(&[])).current, None);
    }
}

#[tokio::test]
async fn factors_and_assurance_are_requested() {
    let recorded = Exchange::load("091-user_get-with-identities");
    let (server, client) = recorded.play().await;
    let mfa = client.user(recorded.access_token()).mfa();
    assert!(mfa.factors().await.unwrap().all().is_empty());
    recorded.assert_repeated(&server).await;
    let assurance = mfa.assurance().await.unwrap();
    assert_eq!(assurance.current, Some(AssuranceLevel::Aal1));
    assert_eq!(assurance.next, Some(AssuranceLevel::Aal1));
    recorded.assert_repeated(&server).await;
}

// With the fake server.

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";

async fn sign_up(client: &Client) -> Session {
    client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().unwrap()
}

async fn sign_in(client: &Client) -> Session {
    client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap()
}

/// A user with a verified factor, and their session.
async fn with_factor(server: &FakeServer, client: &Client) -> (TotpFactor, Session) {
    let mfa = client.user(sign_up(client).await.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone")).await.unwrap();
    let code = server.totp_code(&factor.secret).unwrap();
    let session = mfa.challenge_and_verify(factor.id, code).await.unwrap();
    (factor, session)
}

#[track_caller]
fn assert_code<T: std::fmt::Debug>(result: Result<T>, status: u16, code: &ErrorCode) {
    let error = result.unwrap_err();
    assert_eq!((error.status().map(|status| status.as_u16()), error.code()), (Some(status), Some(code)), "{error}");
}

fn level(session: &Session) -> AssuranceLevel {
    Assurance::of(session.access_token(), session.user()).current.unwrap()
}

#[tokio::test]
async fn a_second_factor_raises_the_session_and_ends_the_others() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let first = sign_up(&client).await;
    let other = sign_in(&client).await;
    let mfa = client.user(first.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone").issuer("Acme Co")).await.unwrap();
    let uri = url::Url::parse(factor.uri.expose()).unwrap();
    assert_eq!((uri.scheme(), uri.host_str(), uri.path()), ("otpauth", Some("totp"), "/Acme%20Co:ada@example.com"));
    assert!(uri.as_str().contains("&issuer=Acme%20Co&"), "{uri}");
    assert!(uri.query_pairs().any(|(name, value)| name == "secret" && value == factor.secret.expose()));
    assert!(!mfa.assurance().await.unwrap().needs_second_factor());
    assert_eq!(mfa.factors().await.unwrap().unverified().count(), 1);

    let challenge = mfa.challenge(factor.id).await.unwrap();
    assert_code(mfa.verify(&challenge, "000000").await, 422, &ErrorCode::MfaVerificationFailed);
    let session = mfa.verify(&challenge, server.totp_code(&factor.secret).unwrap()).await.unwrap();
    assert_eq!(level(&session), AssuranceLevel::Aal2);
    assert!(session.user().factors.as_ref().unwrap()[0].is_verified());
    assert_code(client.user(other.access_token()).get().await, 403, &ErrorCode::SessionNotFound);

    // The session keeps its level; the next sign-in starts at the lower one.
    let session = client.refresh(session.refresh_token()).await.unwrap();
    assert_eq!(level(&session), AssuranceLevel::Aal2);
    let next = sign_in(&client).await;
    assert_eq!(level(&next), AssuranceLevel::Aal1);
    assert!(client.user(next.access_token()).mfa().assurance().await.unwrap().needs_second_factor());

    // Without the factor, the level falls back.
    client.user(session.access_token()).mfa().unenroll(factor.id).await.unwrap();
    let session = client.refresh(session.refresh_token()).await.unwrap();
    assert_eq!(level(&session), AssuranceLevel::Aal1);
    assert!(session.user().factors.is_none());
}

#[tokio::test]
async fn operations_that_need_the_second_factor_are_rejected_without() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let (factor, raised) = with_factor(&server, &client).await;
    let user = client.user(sign_in(&client).await.access_token());
    let password = || ProfileUpdate::new().password("another-horse-8");
    assert_code(user.update(password()).await, 401, &ErrorCode::InsufficientAal);
    assert_code(user.mfa().unenroll(factor.id).await, 422, &ErrorCode::InsufficientAal);
    assert_code(user.mfa().enroll_totp(EnrollTotp::new()).await, 403, &ErrorCode::InsufficientAal);
    user.update(ProfileUpdate::new().data(json!({ "a": 1 }))).await.unwrap();

    let user = client.user(raised.access_token());
    user.update(password()).await.unwrap();
    let same = EnrollTotp::new().friendly_name("phone");
    assert_code(user.mfa().enroll_totp(same).await, 422, &ErrorCode::MfaFactorNameConflict);
    assert_code(user.mfa().unenroll(Uuid::from_u128(9)).await, 404, &ErrorCode::MfaFactorNotFound);
}

#[tokio::test]
async fn a_challenge_is_valid_once_and_for_five_minutes() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let (factor, session) = with_factor(&server, &client).await;
    let mfa = client.user(session.access_token()).mfa();
    let code = || server.totp_code(&factor.secret).unwrap();

    let challenge = mfa.challenge(factor.id).await.unwrap();
    mfa.verify(&challenge, code()).await.unwrap();
    assert_code(mfa.verify(&challenge, code()).await, 422, &ErrorCode::MfaIpAddressMismatch);
    let unknown = FactorChallenge::new(factor.id, Uuid::from_u128(9));
    assert_code(mfa.verify(&unknown, code()).await, 422, &ErrorCode::MfaFactorNotFound);

    // A code is accepted one step late, and not later.
    let challenge = mfa.challenge(factor.id).await.unwrap();
    let early = code();
    clock.advance(Duration::from_secs(60));
    assert_code(mfa.verify(&challenge, early).await, 422, &ErrorCode::MfaVerificationFailed);
    let early = code();
    clock.advance(Duration::from_secs(30));
    mfa.verify(&challenge, early).await.unwrap();

    let challenge = mfa.challenge(factor.id).await.unwrap();
    clock.advance(Duration::from_secs(301));
    assert_code(mfa.verify(&challenge, code()).await, 422, &ErrorCode::MfaChallengeExpired);
}

#[tokio::test]
async fn codes_match_those_of_the_real_server() {
    let (enrolled, verified) = (Exchange::load("095-factor_enroll-totp"), Exchange::load("100-factor_verify-totp"));
    let factor = &verified.came()["user"]["factors"][0];
    let moment: gotrue::chrono::DateTime<gotrue::chrono::Utc> = factor["updated_at"].as_str().unwrap().parse().unwrap();
    let clock = ManualClock::at(moment);
    let server = FakeServer::builder().clock(clock).start().await;
    let secret = Secret::from(enrolled.came()["totp"]["secret"].as_str().unwrap());
    assert_eq!(server.totp_code(&secret).unwrap().expose(), verified.sent()["code"]);
    assert!(server.totp_code(&"not base32!".into()).is_none());
}

#[tokio::test]
async fn an_anonymous_user_has_no_factors_until_they_stay() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let guest = client.sign_in(Anonymous::new().data(json!({ "theme": "dark" }))).await.unwrap();
    assert_eq!(guest.user().is_anonymous, Some(true));
    let user = client.user(guest.access_token());
    assert_code(user.mfa().enroll_totp(EnrollTotp::new()).await, 403, &ErrorCode::NoAuthorization);
    assert_code(user.update(ProfileUpdate::new().password(PASSWORD)).await, 422, &ErrorCode::ValidationFailed);

    let stays = user.update(ProfileUpdate::new().email(EMAIL).password(PASSWORD)).await.unwrap();
    assert_eq!((stays.id, stays.is_anonymous), (guest.user().id, Some(false)));
    assert_eq!(client.user(guest.access_token()).identities().list().await.unwrap()[0].provider, "email");
    let session = sign_in(&client).await;
    assert_eq!(session.user().id, guest.user().id);
    assert_eq!(session.user().user_metadata.as_ref().unwrap()["theme"], "dark");
    client.user(session.access_token()).mfa().enroll_totp(EnrollTotp::new()).await.unwrap();
}

fn methods(session: &Session) -> Vec<String> {
    let claims = gotrue::Claims::read_unverified(session.access_token()).unwrap();
    claims.amr.iter().map(|used| used.method.to_string()).collect()
}

async fn signed_up(client: &Client) -> Session {
    client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().expect("a session")
}

#[tokio::test]
async fn a_phone_gets_a_code() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).message_interval(Duration::from_secs(60)).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let session = signed_up(&client).await;
    let mfa = client.user(session.access_token()).mfa();
    assert_code(mfa.enroll_phone(EnrollPhone::new("call me")).await, 400, &ErrorCode::ValidationFailed);
    // The same number replaces an unverified factor.
    mfa.enroll_phone(EnrollPhone::new("+15550000002").friendly_name("old")).await.unwrap();
    let factor = mfa.enroll_phone(EnrollPhone::new("+15550000002").friendly_name("sim")).await.unwrap();
    assert_eq!(factor.phone.as_deref(), Some("+15550000002"));
    assert_eq!(factor.type_, FactorType::Phone);
    let all = mfa.factors().await.unwrap();
    assert_eq!(all.all().len(), 1);
    assert_eq!(all.all()[0].phone.as_deref(), Some("15550000002"));

    let challenge = mfa.challenge_via(factor.id, MessageChannel::Whatsapp).await.unwrap();
    assert_code(mfa.challenge(factor.id).await, 429, &ErrorCode::OverSmsSendRateLimit);
    let message = server.last_message_to("15550000002").unwrap();
    assert_eq!(message.otp_type, None);
    assert_code(mfa.verify(&challenge, "no code").await, 422, &ErrorCode::MfaVerificationFailed);
    let raised = mfa.verify(&challenge, message.code.clone()).await.unwrap();
    assert_eq!(level(&raised), AssuranceLevel::Aal2);
    assert_eq!(methods(&raised), ["mfa/phone", "password"]);
    let mfa = client.user(raised.access_token()).mfa();
    assert_code(mfa.verify(&challenge, message.code).await, 422, &ErrorCode::MfaIpAddressMismatch);
    let same = EnrollPhone::new("15550000002").friendly_name("again");
    assert_code(mfa.enroll_phone(same).await, 422, &ErrorCode::MfaVerifiedFactorExists);

    // The code of an older challenge does not answer a newer one.
    clock.advance(Duration::from_secs(61));
    let first = mfa.challenge(factor.id).await.unwrap();
    let old = server.last_message_to("15550000002").unwrap().code;
    clock.advance(Duration::from_secs(61));
    let second = mfa.challenge(factor.id).await.unwrap();
    assert_code(mfa.verify(&second, old.clone()).await, 422, &ErrorCode::MfaVerificationFailed);
    mfa.verify(&first, old).await.unwrap();
}

#[tokio::test]
async fn an_authenticator_creates_a_factor_and_answers_its_challenge() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = signed_up(&client).await;
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_webauthn("key").await.unwrap();
    assert_eq!(factor.type_, FactorType::Webauthn);

    let mut device = Device::default();
    let challenge = mfa.challenge_webauthn(factor.id).await.unwrap();
    assert_eq!(challenge.ceremony, WebAuthnCeremony::Create);
    let made = device.create(challenge.options.clone(), ORIGIN).await.unwrap();
    let raised = mfa.verify_webauthn(&challenge, &made).await.unwrap();
    assert_eq!(level(&raised), AssuranceLevel::Aal2);
    assert_eq!(methods(&raised), ["mfa/webauthn", "password"]);
    let verified = &raised.user().factors.as_ref().unwrap()[0];
    assert!(verified.is_verified());
    assert_eq!(verified.web_authn_aaguid, Some(Uuid::nil()));
    let last = verified.last_webauthn_challenge_data.as_ref().unwrap();
    assert_eq!(last.type_, Some(WebAuthnCeremony::Create));
    assert_eq!(last.challenge.as_ref().unwrap()["factor_id"], json!(factor.id));
    // The response used up the challenge.
    let mfa = client.user(raised.access_token()).mfa();
    assert_code(mfa.verify_webauthn(&challenge, &made).await, 422, &ErrorCode::MfaFactorNotFound);

    // The next sign-in uses the credential.
    let mfa = client.user(sign_in(&client).await.access_token()).mfa();
    assert!(mfa.assurance().await.unwrap().needs_second_factor());
    let challenge = mfa.challenge_webauthn(factor.id).await.unwrap();
    assert_eq!(challenge.ceremony, WebAuthnCeremony::Request);
    let allowed = Value::from(challenge.options.clone());
    assert_eq!(allowed["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
    let used = device.get(challenge.options.clone(), ORIGIN).await.unwrap();
    let raised = mfa.verify_webauthn(&challenge, used).await.unwrap();
    assert_eq!(level(&raised), AssuranceLevel::Aal2);

    // Only that level can manage passkeys.
    let low = client.user(sign_in(&client).await.access_token());
    let refused = low.passkeys().registration_options().await;
    assert_code(refused, 403, &ErrorCode::InsufficientAal);
    client.user(raised.access_token()).passkeys().registration_options().await.unwrap();
}

#[tokio::test]
async fn responses_of_authenticators_are_verified() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = signed_up(&client).await;
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_webauthn("key").await.unwrap();
    let challenge = mfa.challenge_webauthn(factor.id).await.unwrap();
    let elsewhere = Device::default().create(challenge.options.clone(), "http://localhost:4000").await.unwrap();
    assert_code(mfa.verify_webauthn(&challenge, elsewhere).await, 500, &ErrorCode::UnexpectedFailure);
    // A challenge remains valid after a wrong response.
    let mut device = Device::default();
    let made = device.create(challenge.options.clone(), ORIGIN).await.unwrap();
    let raised = mfa.verify_webauthn(&challenge, made).await.unwrap();

    let mfa = client.user(raised.access_token()).mfa();
    let other = mfa.challenge_webauthn(factor.id).await.unwrap();
    let stale = device.get(other.options, ORIGIN).await.unwrap();
    let challenge = mfa.challenge_webauthn(factor.id).await.unwrap();
    assert_code(mfa.verify_webauthn(&challenge, stale).await, 500, &ErrorCode::UnexpectedFailure);
    let used = device.get(challenge.options.clone(), ORIGIN).await.unwrap();
    mfa.verify_webauthn(&challenge, used).await.unwrap();
}
