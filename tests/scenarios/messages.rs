//! Codes and links by email.

use gotrue::{
    AuthorizationCode, Callback, Password, PkceVerifier, ProfileUpdate, Recover, SignInMessage, VerifyOtp,
    admin::GenerateLink, auth::FlowKind, types::OtpType,
};
use serde_json::json;

use crate::{
    browser::{fragment, parameter},
    code,
    world::{PASSWORD, World},
};

pub async fn a_forgotten_password(world: &World) {
    let client = &world.client;
    let (email, _) = world.new_user("ada").await;
    // The response does not reveal whether the user exists.
    client.recover(Recover::email(world.email("who"))).await.unwrap();

    client.recover(Recover::email(&email)).await.unwrap();
    let letter = world.message(&email, 1 + usize::from(world.confirms())).await;
    let target = world.browse(letter.link()).await;
    let Callback::Session(tokens) = Callback::parse(&target) else { panic!("no session") };
    assert_eq!(tokens.kind, FlowKind::Recovery);
    let session = client.session_from_callback(tokens).await.unwrap();
    let user = client.user(session.access_token());
    user.update(ProfileUpdate::new().password("better-horse-8")).await.unwrap();
    client.sign_in(Password::email(&email, "better-horse-8")).await.unwrap();
    assert_eq!(code(client.sign_in(Password::email(&email, PASSWORD)).await), "invalid_credentials");
}

pub async fn a_magic_link(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let link = SignInMessage::email(&email).redirect_to("http://localhost:3000/cb?a=1");
    client.send_magic_link(link).await.unwrap();
    let letter = world.message(&email, 1 + usize::from(world.confirms())).await;
    let target = world.browse(letter.link()).await;
    assert!(target.as_str().starts_with("http://localhost:3000/cb?a=1#access_token="));
    assert_eq!(fragment(&target, "type").as_deref(), Some("magiclink"));
    assert_eq!(fragment(&target, "sb").as_deref(), Some(""));
    let renewed = client.refresh(fragment(&target, "refresh_token").unwrap()).await.unwrap();
    assert_eq!(renewed.user().id, session.user().id);

    // A link is valid once.
    let used = world.browse(letter.link()).await;
    let Callback::Error(error) = Callback::parse(&used) else { panic!("{used}") };
    assert_eq!(error.code, Some(gotrue::ErrorCode::OtpExpired));
    assert_eq!(error.error.as_deref(), Some("access_denied"));
    assert_eq!(code(client.verify_otp(letter.verify()).await), "otp_expired");
}

pub async fn a_link_with_pkce(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let verifier = PkceVerifier::generate().unwrap();
    client.send_magic_link(SignInMessage::email(&email).pkce(&verifier)).await.unwrap();
    let letter = world.message(&email, 1 + usize::from(world.confirms())).await;
    let target = world.browse(letter.link()).await;
    assert_eq!(target.fragment(), None);
    let auth_code = parameter(&target, "code").unwrap();

    let thief = AuthorizationCode::new(auth_code.clone(), PkceVerifier::generate().unwrap());
    assert_eq!(code(client.sign_in(thief).await), "bad_code_verifier");
    let back = client.sign_in(AuthorizationCode::new(auth_code.clone(), verifier.clone())).await.unwrap();
    assert_eq!(back.user().id, session.user().id);
    let again = AuthorizationCode::new(auth_code, verifier);
    assert_eq!(code(client.sign_in(again).await), "flow_state_not_found");
}

pub async fn a_link_for_a_new_user(world: &World) {
    let (client, email) = (&world.client, world.email("grace"));
    let unknown = client.send_otp(SignInMessage::email(&email).create_user(false)).await;
    assert_eq!(code(unknown), "otp_disabled");
    client.send_otp(SignInMessage::email(&email).data(json!({ "a": 1 }))).await.unwrap();
    let letter = world.message(&email, 1).await;
    // If addresses must be confirmed, it is a sign-up.
    let otp_type = if world.confirms() { "signup" } else { "magiclink" };
    assert_eq!(parameter(letter.link(), "type").as_deref(), Some(otp_type));
    let session = client.verify_otp(letter.verify()).await.unwrap().session().unwrap();
    assert_eq!(session.user().user_metadata.as_ref().unwrap()["a"], 1);
    assert!(session.user().email_confirmed_at.is_some());
}

/// The mails of real servers do not contain the code, but administrators can read it.
pub async fn a_code(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let link = world.admin().generate_link(GenerateLink::magic_link(&email)).await.unwrap();
    let verify = |otp_type| VerifyOtp::email(&email, &link.email_otp).otp_type(otp_type);
    for other in [OtpType::Signup, OtpType::Invite, OtpType::EmailChange] {
        assert_eq!(code(client.verify_otp(verify(other)).await), "otp_expired");
    }
    let verified = client.verify_otp(verify(OtpType::Email)).await.unwrap().session().unwrap();
    assert_eq!(verified.user().id, session.user().id);
    assert_eq!(code(client.verify_otp(verify(OtpType::Email)).await), "otp_expired");

    // Recovery and sign-in share one code, so only the last one is valid.
    let first = world.admin().generate_link(GenerateLink::recovery(&email)).await.unwrap();
    let second = world.admin().generate_link(GenerateLink::magic_link(&email)).await.unwrap();
    let verify = |code| VerifyOtp::email(&email, code).otp_type(OtpType::Recovery);
    assert_eq!(code(client.verify_otp(verify(&first.email_otp)).await), "otp_expired");
    client.verify_otp(verify(&second.email_otp)).await.unwrap().session().unwrap();
}

/// A second link for a pending email change.
pub async fn a_change_once_more(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let new = world.email("ada-the-second");
    client.user(session.access_token()).update(ProfileUpdate::new().email(&new)).await.unwrap();
    let first = world.message(&new, 1).await.verify();
    client.resend(gotrue::Resend::email_change(&email)).await.unwrap();
    let second = world.message(&new, 2).await.verify();
    assert_eq!(code(client.verify_otp(first).await), "otp_expired");
    if world.confirms() {
        let at_old = world.message(&email, 3).await.verify();
        assert!(client.verify_otp(at_old).await.unwrap().session().is_none());
    }
    let changed = client.verify_otp(second).await.unwrap().session().unwrap();
    assert_eq!(changed.user().email.as_deref(), Some(&*new));
    // There is nothing to resend, which the response does not reveal.
    client.resend(gotrue::Resend::email_change(&new)).await.unwrap();
}
