//! The admin API.

use std::time::Duration;

use futures::TryStreamExt;
use gotrue::{
    Password, ProfileUpdate, Recover, SignOutScope, VerifyOtpOutcome,
    admin::{CreateUser, GenerateLink, UpdateUser},
    types::{AuditAction, AuditLogType, LinkVerificationType, UserOrder},
    user::EnrollTotp,
};
use serde_json::json;

use crate::{
    code,
    world::{PASSWORD, World, has_version_2, totp},
};

pub async fn the_life_of_a_user(world: &World) {
    let (client, email, phone) = (&world.client, world.email("ada"), World::phone());
    let admin = world.admin();
    let users = admin.users();
    let ada = CreateUser::email_and_phone(&email, format!("+{phone}")).password(PASSWORD).confirm_email();
    let ada = ada.user_metadata(json!({ "a": 1 })).app_metadata(json!({ "plan": "pro" })).role("editor");
    let ada = users.create(ada).await.unwrap();
    assert_eq!(ada.app_metadata, Some(json!({ "plan": "pro", "provider": "email", "providers": ["email", "phone"] })));
    assert_eq!(ada.user_metadata, Some(json!({ "a": 1, "email_verified": true })));
    assert_eq!((ada.role.as_deref(), ada.phone.as_deref()), (Some("editor"), Some(&*phone)));
    assert_eq!(code(users.create(CreateUser::email(email.to_uppercase())).await), "email_exists");
    assert_eq!(code(users.create(CreateUser::phone(&phone)).await), "phone_exists");
    assert_eq!(users.get(ada.id).await.unwrap().identities.map(|all| all.len()), Some(2));
    assert_eq!(users.get_by_email(&email.to_uppercase()).await.unwrap().unwrap().id, ada.id);
    assert!(users.get_by_email(&world.email("who")).await.unwrap().is_none());

    let sign_in = |password: &'static str| client.sign_in(Password::email(&email, password));
    let session = sign_in(PASSWORD).await.unwrap();
    assert_eq!(code(client.sign_in(Password::phone(&phone, PASSWORD)).await), "phone_not_confirmed");
    let change = UpdateUser::new().user_metadata(json!({ "a": null, "b": 2 })).app_metadata(json!({ "plan": null }));
    let changed = users.update(ada.id, change.confirm_phone()).await.unwrap();
    assert_eq!(changed.user_metadata.unwrap()["b"], 2);
    assert_eq!(changed.app_metadata.unwrap().get("plan"), None);
    client.sign_in(Password::phone(&phone, PASSWORD)).await.unwrap();

    users.ban(ada.id, Duration::from_secs(60)).await.unwrap();
    assert_eq!(code(sign_in(PASSWORD).await), "user_banned");
    assert_eq!(code(client.refresh(session.refresh_token()).await), "user_banned");
    assert_eq!(code(client.user(session.access_token()).get().await), "user_banned");
    assert!(users.unban(ada.id).await.unwrap().banned_until.is_none());
    let session = sign_in(PASSWORD).await.unwrap();

    // A new password ends all sessions.
    users.update(ada.id, UpdateUser::new().password("another-horse-8")).await.unwrap();
    assert_eq!(code(client.user(session.access_token()).get().await), "session_not_found");
    assert_eq!(code(users.update(ada.id, UpdateUser::new().password("short")).await), "weak_password");

    users.soft_delete(ada.id).await.unwrap();
    let gone = users.get(ada.id).await.unwrap();
    assert!(gone.deleted_at.is_some() && !gone.email.unwrap().contains('@'));
    assert_eq!(code(sign_in("another-horse-8").await), "invalid_credentials");
    let heir = users.create(CreateUser::email(&email)).await.unwrap();
    for id in [ada.id, heir.id] {
        users.delete(id).await.unwrap();
        assert_eq!(code(users.get(id).await), "user_not_found");
        assert_eq!(code(users.delete(id).await), "user_not_found");
    }
}

pub async fn pages(world: &World) {
    let admin = world.admin();
    let users = admin.users();
    for number in 1..=5 {
        let name = json!({ "full_name": format!("Number {number} of {}", world.run()) });
        let email = world.email(&format!("user-{number}"));
        users.create(CreateUser::email(email).user_metadata(name)).await.unwrap();
    }
    let list = || users.list().filter(world.email("").trim_start_matches('-')).per_page(2);
    let page = list().page(2).get().await.unwrap();
    assert_eq!((page.total, page.next_page, page.last_page), (Some(5), Some(3), Some(3)));
    assert_eq!(page.items[0].email, Some(world.email("user-3")));
    assert!(page.items[0].identities.is_none());
    let third = list().page(3).get().await.unwrap();
    assert_eq!((third.items.len(), third.next_page), (1, None));
    let all: Vec<_> = list().sort(UserOrder::CreatedAtAsc).stream().try_collect().await.unwrap();
    let emails: Vec<_> = all.iter().map(|user| user.email.clone().unwrap()).collect();
    assert_eq!(emails, (1..=5).map(|number| world.email(&format!("user-{number}"))).collect::<Vec<_>>());
    // The filter is case-sensitive for addresses, but not for names.
    let by_name = users.list().filter(format!("NUMBER 2 of {}", world.run()));
    assert_eq!(by_name.get().await.unwrap().total, Some(1));
    assert_eq!(list().audience("staff").get().await.unwrap().total, Some(0));
}

pub async fn links(world: &World) {
    let (client, admin, email) = (&world.client, world.admin(), world.email("ada"));
    let data = json!({ "team": "blue" });
    let link = admin.generate_link(GenerateLink::sign_up(&email, PASSWORD).data(data)).await.unwrap();
    assert_eq!(link.verification_type, LinkVerificationType::Signup);
    let session = client.verify_otp(link.verify_otp()).await.unwrap().session().unwrap();
    assert_eq!(session.user().id, link.user.id);
    assert_eq!(session.user().user_metadata.as_ref().unwrap()["team"], "blue");
    client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    // A link is valid once.
    assert_eq!(code(client.verify_otp(link.verify_otp()).await), "otp_expired");
    assert_eq!(code(admin.generate_link(GenerateLink::sign_up(&email, PASSWORD)).await), "email_exists");
    assert_eq!(code(admin.generate_link(GenerateLink::invite(&email)).await), "email_exists");

    for link in [GenerateLink::magic_link(&email), GenerateLink::recovery(&email)] {
        let link = admin.generate_link(link.redirect_to("http://localhost:3000/there")).await.unwrap();
        assert_eq!(link.redirect_to, "http://localhost:3000/there");
        client.verify_otp(link.verify_otp()).await.unwrap().session().unwrap();
    }
    let grace = admin.generate_link(GenerateLink::invite(world.email("grace"))).await.unwrap();
    assert!(grace.user.invited_at.is_some());
    client.verify_otp(grace.verify_otp()).await.unwrap().session().unwrap();

    // A magic link for an unknown address is a sign-up.
    let joan = admin.generate_link(GenerateLink::magic_link(world.email("joan"))).await.unwrap();
    assert_eq!(joan.verification_type, LinkVerificationType::Signup);
    client.verify_otp(joan.verify_otp()).await.unwrap().session().unwrap();
    let unknown = admin.generate_link(GenerateLink::recovery(world.email("nobody"))).await;
    assert_eq!(code(unknown), "user_not_found");
}

pub async fn links_to_a_new_address(world: &World) {
    let (client, admin) = (&world.client, world.admin());
    let (email, session) = world.new_user("ada").await;
    let new = world.email("ada-the-second");
    let current = admin.generate_link(GenerateLink::email_change_current(&email, &new)).await.unwrap();
    // Each link restarts the change, so both are generated first.
    let at_new = admin.generate_link(GenerateLink::email_change_new(&email, &new)).await.unwrap();
    if world.confirms() {
        let first = client.verify_otp(current.verify_otp()).await.unwrap();
        assert!(matches!(first, VerifyOtpOutcome::ConfirmationPending { .. }), "{first:?}");
    }
    let second = client.verify_otp(at_new.verify_otp()).await.unwrap().session().unwrap();
    assert_eq!((second.user().email.as_deref(), second.user().id), (Some(&*new), session.user().id));
}

/// A user who is imported from another system with a password hash.
pub async fn an_imported_password_hash(world: &World) {
    let hashes = [
        (PASSWORD, "$2b$04$abcdefghijklmnopqrstuuSQyLzxZtaUFpi/q2P5wWap0qvqIvC5q"),
        ("password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"),
    ];
    for (number, (password, hash)) in hashes.into_iter().enumerate() {
        let email = world.email(&format!("user-{number}"));
        let user = CreateUser::email(&email).password_hash(hash).confirm_email();
        world.admin().users().create(user).await.unwrap();
        world.client.sign_in(Password::email(&email, password)).await.unwrap();
        let wrong = world.client.sign_in(Password::email(&email, "wrong-horse-7")).await;
        assert_eq!(code(wrong), "invalid_credentials");
    }
    let unknown = CreateUser::email(world.email("x")).password_hash("$2b$zzz");
    assert_eq!(code(world.admin().users().create(unknown).await), "unexpected_failure");
}

pub async fn only_the_service_key(world: &World) {
    let (_, session) = world.new_user("ada").await;
    let user = world.client.admin(session.access_token());
    assert_eq!(code(user.users().list().get().await), "not_admin");
    assert_eq!(code(user.users().create(CreateUser::email(world.email("x"))).await), "not_admin");
    assert_eq!(code(user.users().delete(session.user().id).await), "not_admin");
    assert_eq!(code(user.generate_link(GenerateLink::recovery(world.email("x"))).await), "not_admin");
    assert_eq!(code(world.client.admin("no-key").users().list().get().await), "bad_jwt");
}

pub async fn the_audit_log(world: &World) {
    let client = &world.client;
    let (email, first) = world.new_user("ada").await;
    let session = client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    let session = client.refresh(session.refresh_token()).await.unwrap();
    let user = client.user(session.access_token());
    user.update(ProfileUpdate::new().data(json!({ "a": 1 }))).await.unwrap();
    user.update(ProfileUpdate::new().password("better-horse-8")).await.unwrap();
    client.recover(Recover::email(&email)).await.unwrap();
    let factor = user.mfa().enroll_totp(EnrollTotp::new()).await.unwrap();
    let strong = user.mfa().challenge_and_verify(factor.id, totp(&factor.secret)).await.unwrap();
    client.user(strong.access_token()).mfa().unenroll(factor.id).await.unwrap();
    client.user(strong.access_token()).sign_out(SignOutScope::Global).await.unwrap();

    let admin = world.admin();
    let page = admin.audit_log().author(&email).per_page(1).get().await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert!(page.has_more());
    let payload = page.items[0].payload.as_ref().unwrap();
    assert_eq!(payload.action, Some(AuditAction::Logout));
    assert_eq!(payload.actor_id, Some(first.user().id.to_string()));
    let all: Vec<_> = admin.audit_log().author(&email).per_page(5).stream().try_collect().await.unwrap();
    let mut done: Vec<String> =
        all.into_iter().map(|entry| entry.payload.unwrap().action.unwrap().to_string()).collect();
    done.reverse();
    let begun: &[&str] =
        if world.confirms() { &["user_confirmation_requested", "user_signedup"] } else { &["user_signedup", "login"] };
    let then = [
        "login",
        "token_refreshed",
        "token_revoked",
        "user_modified",
        "user_updated_password",
        "user_modified",
        "user_recovery_requested",
        "factor_in_progress",
        "challenge_created",
        "verification_attempted",
        "token_revoked",
        "factor_unenrolled",
        "logout",
    ];
    let mut expected = [begun, &then].concat();
    if has_version_2(&first) {
        expected.retain(|action| *action != "token_revoked");
    }
    assert_eq!(done, expected);
    let logins = admin.audit_log().action(AuditAction::Login).per_page(1).get().await.unwrap();
    assert_eq!(logins.items[0].payload.as_ref().unwrap().log_type, Some(AuditLogType::Account));
}
