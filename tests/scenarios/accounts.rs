//! Sign-up, sign-in, changes of the account, and sign-out.

use gotrue::{
    ErrorCode, Password, ProfileUpdate, SignOutScope, SignUp, SignUpOutcome, VerifyOtpOutcome,
    types::WeakPasswordReason,
};
use serde_json::json;

use crate::{
    code,
    world::{PASSWORD, World},
};

pub async fn sign_up_to_sign_out(world: &World) {
    let (client, email) = (&world.client, world.email("ada"));
    let ada = SignUp::email(&email, PASSWORD).data(json!({ "favorite_language": "rust" }));
    let SignUpOutcome::Session(first) = client.sign_up(ada).await.unwrap() else { panic!("not signed in") };
    assert_eq!(first.user().email.as_deref(), Some(&*email));
    // The server returns the time before the database has rounded it.
    assert!(first.user().email_confirmed_at.is_some() && first.user().confirmed_at.is_none());
    assert_eq!(first.user().identities.as_ref().unwrap()[0].provider, "email");
    assert_eq!((first.token_type(), first.expires_in()), ("bearer", 3600));

    let session = client.sign_in(Password::email(email.to_uppercase(), PASSWORD)).await.unwrap();
    assert_eq!(session.user().id, first.user().id);
    let renewed = client.refresh(session.refresh_token()).await.unwrap();
    assert_ne!(renewed.refresh_token(), session.refresh_token());
    let user = client.user(renewed.access_token());
    assert_eq!(user.get().await.unwrap().id, first.user().id);
    user.sign_out(SignOutScope::Local).await.unwrap();
    let over = user.get().await.unwrap_err();
    assert_eq!(over.code(), Some(&ErrorCode::SessionNotFound));
    assert!(over.ends_session());
    let gone = client.refresh(renewed.refresh_token()).await.unwrap_err();
    assert_eq!(gone.code(), Some(&ErrorCode::RefreshTokenNotFound));
    assert!(gone.ends_session());
    // The other session still exists.
    client.user(first.access_token()).get().await.unwrap();
}

pub async fn an_address_is_confirmed(world: &World) {
    let (client, email) = (&world.client, world.email("ada"));
    let outcome = client.sign_up(SignUp::email(&email, PASSWORD)).await.unwrap();
    let SignUpOutcome::ConfirmationRequired(user) = outcome else { panic!("{outcome:?}") };
    assert!(user.confirmation_sent_at.is_some() && user.email_confirmed_at.is_none());
    assert_eq!(code(client.sign_in(Password::email(&email, PASSWORD)).await), "email_not_confirmed");

    // After a second message, only the last link is valid.
    let first = world.message(&email, 1).await.verify();
    client.resend(gotrue::Resend::sign_up(&email)).await.unwrap();
    let second = world.message(&email, 2).await.verify();
    assert_eq!(code(client.verify_otp(first).await), "otp_expired");
    let session = client.verify_otp(second.clone()).await.unwrap().session().unwrap();
    assert_eq!(session.user().id, user.id);
    assert_eq!(session.user().user_metadata.as_ref().unwrap()["email_verified"], true);
    // It is valid once.
    assert_eq!(code(client.verify_otp(second).await), "otp_expired");
    client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();

    // A sign-up does not reveal that the address is taken.
    let outcome = client.sign_up(SignUp::email(&email, PASSWORD)).await.unwrap();
    let SignUpOutcome::ConfirmationRequired(invented) = outcome else { panic!("{outcome:?}") };
    assert_ne!(invented.id, user.id);
    assert_eq!(invented.identities.map(|identities| identities.len()), Some(0));
}

pub async fn a_taken_address(world: &World) {
    let (email, session) = world.new_user("ada").await;
    let again = world.client.sign_up(SignUp::email(&email, PASSWORD)).await;
    assert_eq!(code(again), "user_already_exists");
    let (other, _) = world.new_user("grace").await;
    let taken = world.client.user(session.access_token()).update(ProfileUpdate::new().email(other)).await;
    assert_eq!(code(taken), "email_exists");
}

pub async fn wrong_credentials(world: &World) {
    let client = &world.client;
    let (email, _) = world.new_user("ada").await;
    assert_eq!(code(client.sign_in(Password::email(&email, "wrong-horse")).await), "invalid_credentials");
    assert_eq!(code(client.sign_in(Password::email(world.email("who"), PASSWORD)).await), "invalid_credentials");
    let weak = client.sign_up(SignUp::email(world.email("grace"), "123")).await.unwrap_err();
    assert_eq!(weak.code(), Some(&ErrorCode::WeakPassword));
    assert_eq!(weak.weak_password_reasons(), [WeakPasswordReason::Length]);
    assert_eq!(code(client.sign_up(SignUp::email("no-address", PASSWORD)).await), "validation_failed");
    assert_eq!(code(client.user("no-token").get().await), "bad_jwt");
    assert_eq!(code(client.refresh("abcdefghijkl").await), "refresh_token_not_found");
    assert_eq!(code(client.refresh("short").await), "validation_failed");
    let wrong = gotrue::VerifyOtp::email(&email, "000000");
    let refused = client.verify_otp(wrong).await.unwrap_err();
    assert_eq!((refused.status().unwrap().as_u16(), refused.code()), (403, Some(&ErrorCode::OtpExpired)));
}

pub async fn metadata(world: &World) {
    let (_, session) = world.new_user("ada").await;
    let user = world.client.user(session.access_token());
    let set = |data| user.update(ProfileUpdate::new().data(data));
    set(json!({ "a": 1, "b": { "c": 2 }, "nickname": "a" })).await.unwrap();
    let changed = set(json!({ "b": { "d": 3 }, "nickname": null })).await.unwrap().user_metadata.unwrap();
    // Only the first level is merged, and null removes a member.
    assert_eq!((&changed["a"], &changed["b"], changed.get("nickname")), (&json!(1), &json!({ "d": 3 }), None));
    assert_eq!(user.get().await.unwrap().user_metadata, Some(changed));
}

pub async fn a_new_password(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let other = client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    let user = client.user(session.access_token());
    assert_eq!(code(user.update(ProfileUpdate::new().password(PASSWORD)).await), "same_password");
    let weak = user.update(ProfileUpdate::new().password("123")).await.unwrap_err();
    assert_eq!(weak.code(), Some(&ErrorCode::WeakPassword));
    assert_eq!(weak.weak_password_reasons(), [WeakPasswordReason::Length]);
    user.update(ProfileUpdate::new().password("better-horse-8")).await.unwrap();
    assert_eq!(code(client.sign_in(Password::email(&email, PASSWORD)).await), "invalid_credentials");
    client.sign_in(Password::email(&email, "better-horse-8")).await.unwrap();
    // The session that changed it stays; all others end.
    user.get().await.unwrap();
    assert_eq!(code(client.user(other.access_token()).get().await), "session_not_found");
}

pub async fn a_new_address(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let new = world.email("ada-the-second");
    let changed = client.user(session.access_token()).update(ProfileUpdate::new().email(&new)).await.unwrap();
    assert_eq!((changed.email.as_deref(), changed.new_email.as_deref()), (Some(&*email), Some(&*new)));

    let before = usize::from(world.confirms());
    let at_old = world.message(&email, before + 1).await.verify();
    let at_new = world.message(&new, 1).await.verify();
    if world.confirms() {
        let first = client.verify_otp(at_old).await.unwrap();
        assert!(matches!(first, VerifyOtpOutcome::ConfirmationPending { .. }), "{first:?}");
    }
    let second = client.verify_otp(at_new).await.unwrap().session().unwrap();
    assert_eq!((second.user().email.as_deref(), second.user().id), (Some(&*new), session.user().id));
    assert_eq!(second.user().new_email, None);
    client.sign_in(Password::email(&new, PASSWORD)).await.unwrap();
    assert_eq!(code(client.sign_in(Password::email(&email, PASSWORD)).await), "invalid_credentials");
}

pub async fn reauthentication(world: &World) {
    let (email, session) = world.new_user("ada").await;
    let user = world.client.user(session.access_token());
    user.reauthenticate().await.unwrap();
    let before = usize::from(world.confirms());
    let nonce = world.message(&email, before + 1).await.code.unwrap();
    assert_eq!(nonce.expose().len(), 6);
    let update = ProfileUpdate::new().password("better-horse-8").nonce(nonce);
    user.update(update).await.unwrap();
    world.client.sign_in(Password::email(&email, "better-horse-8")).await.unwrap();
}

pub async fn by_phone(world: &World) {
    let (client, phone) = (&world.client, World::phone());
    let session = client.sign_up(SignUp::phone(format!("+{phone}"), PASSWORD)).await.unwrap().session().unwrap();
    assert_eq!(session.user().phone.as_deref(), Some(&*phone));
    assert!(session.user().phone_confirmed_at.is_some());
    client.sign_in(Password::phone(&phone, PASSWORD)).await.unwrap();
    assert_eq!(code(client.sign_in(Password::phone(&phone, "wrong-horse")).await), "invalid_credentials");
}
