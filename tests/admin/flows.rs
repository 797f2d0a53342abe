//! An administrator at work, against the fake server.

use std::time::Duration;

use futures::TryStreamExt;
use gotrue::{
    AdminClient, Client, CreateUser, Error, GenerateLink, LinkVerificationType, Password, UpdateUser, UserOrder,
    testing::{FakeServer, ManualClock},
};
use serde_json::json;
use uuid::Uuid;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";

#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().code().expect("a code").to_string()
}

fn both(server: &FakeServer) -> (Client, AdminClient) {
    let client = server.client().unwrap();
    let admin = client.admin(server.service_key());
    (client, admin)
}

#[tokio::test]
async fn a_user_is_made_changed_banned_and_deleted() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().confirm_addresses(true).clock(clock.clone()).start().await;
    let (client, admin) = both(&server);
    let users = admin.users();
    let ada = CreateUser::email_and_phone(EMAIL, "+15550000001").password(PASSWORD).confirm_email();
    let ada = ada.user_metadata(json!({ "a": 1 })).app_metadata(json!({ "plan": "pro" })).role("editor");
    let ada = users.create(ada).await.unwrap();
    assert_eq!(ada.app_metadata, Some(json!({ "plan": "pro", "provider": "email", "providers": ["email", "phone"] })));
    assert_eq!(ada.user_metadata, Some(json!({ "a": 1, "email_verified": true })));
    assert_eq!((ada.role.as_deref(), ada.phone.as_deref()), (Some("editor"), Some("15550000001")));
    assert_eq!(code(users.create(CreateUser::email("ADA@example.com")).await), "email_exists");
    assert_eq!(code(users.create(CreateUser::phone("15550000001")).await), "phone_exists");

    let sign_in = |password: &'static str| client.sign_in(Password::email(EMAIL, password));
    let session = sign_in(PASSWORD).await.unwrap();
    assert_eq!(code(client.sign_in(Password::phone("15550000001", PASSWORD)).await), "phone_not_confirmed");

    let change = UpdateUser::new().user_metadata(json!({ "a": null, "b": 2 })).app_metadata(json!({ "plan": null }));
    let changed = users.update(ada.id, change.confirm_phone()).await.unwrap();
    assert_eq!(changed.user_metadata, Some(json!({ "b": 2, "email_verified": true })));
    assert_eq!(changed.app_metadata.unwrap().get("plan"), None);
    client.sign_in(Password::phone("15550000001", PASSWORD)).await.unwrap();

    users.ban(ada.id, Duration::from_secs(60)).await.unwrap();
    assert_eq!(code(sign_in(PASSWORD).await), "user_banned");
    assert_eq!(code(client.refresh(session.refresh_token()).await), "user_banned");
    assert_eq!(code(client.user(session.access_token()).get().await), "user_banned");
    clock.advance(Duration::from_secs(61));
    sign_in(PASSWORD).await.unwrap();
    users.ban(ada.id, Duration::from_secs(3600)).await.unwrap();
    assert!(users.unban(ada.id).await.unwrap().banned_until.is_none());

    // A new password puts everybody out.
    users.update(ada.id, UpdateUser::new().password("another-horse-8")).await.unwrap();
    assert_eq!(code(client.user(session.access_token()).get().await), "session_not_found");
    assert_eq!(code(users.update(ada.id, UpdateUser::new().password("short")).await), "weak_password");

    users.soft_delete(ada.id).await.unwrap();
    let gone = users.get(ada.id).await.unwrap();
    assert!(gone.deleted_at.is_some() && !gone.email.unwrap().contains('@'));
    assert_eq!(code(sign_in("another-horse-8").await), "invalid_credentials");
    users.create(CreateUser::email(EMAIL)).await.unwrap();
    users.delete(ada.id).await.unwrap();
    assert_eq!(code(users.get(ada.id).await), "user_not_found");
    assert_eq!(code(users.delete(ada.id).await), "user_not_found");
}

#[tokio::test]
async fn an_address_of_another_is_refused_by_the_database() {
    let server = FakeServer::start().await;
    let (_, admin) = both(&server);
    let users = admin.users();
    let ada = users.create(CreateUser::email(EMAIL)).await.unwrap();
    let grace = users.create(CreateUser::email("grace@example.com").id(Uuid::from_u128(7))).await.unwrap();
    assert_eq!(grace.id, Uuid::from_u128(7));
    let error = users.update(grace.id, UpdateUser::new().email(EMAIL)).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    let error = users.create(CreateUser::email("x@example.com").id(ada.id)).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    // Their own they may keep; a number makes an identity.
    let update = UpdateUser::new().email(EMAIL).phone("+15550000001");
    let ada = users.update(ada.id, update).await.unwrap();
    assert_eq!(ada.identities.unwrap().len(), 2);
    assert!(users.factors(ada.id).list().await.unwrap().is_empty());
}

#[tokio::test]
async fn users_are_listed_found_and_streamed() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let (_, admin) = both(&server);
    let users = admin.users();
    for number in 1..=25 {
        clock.advance(Duration::from_secs(1));
        let name = json!({ "full_name": format!("Number {number}") });
        users.create(CreateUser::email(format!("user-{number}@example.com")).user_metadata(name)).await.unwrap();
    }
    let page = users.list().per_page(2).page(12).get().await.unwrap();
    assert_eq!((page.total, page.next_page, page.last_page), (Some(25), Some(13), Some(13)));
    assert_eq!(page.items[0].email.as_deref(), Some("user-3@example.com"));
    assert!(page.items[0].identities.is_none());

    let all: Vec<_> = users.list().sort(UserOrder::CreatedAtAsc).per_page(10).stream().try_collect().await.unwrap();
    let emails: Vec<_> = all.into_iter().map(|user| user.email.unwrap()).collect();
    assert_eq!(emails, (1..=25).map(|number| format!("user-{number}@example.com")).collect::<Vec<_>>());

    assert_eq!(users.list().filter("NUMBER 2").get().await.unwrap().total, Some(7));
    assert_eq!(users.list().audience("staff").get().await.unwrap().total, Some(0));
    let found = users.get_by_email("User-7@example.com").await.unwrap().unwrap();
    assert_eq!(found.email.as_deref(), Some("user-7@example.com"));
    assert!(found.identities.is_some());
    assert!(users.get_by_email("ser-7@example.com").await.unwrap().is_none());
}

#[tokio::test]
async fn links_sign_people_in() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let (client, admin) = both(&server);
    let data = json!({ "team": "blue" });
    let link = admin.generate_link(GenerateLink::sign_up(EMAIL, PASSWORD).data(data)).await.unwrap();
    assert_eq!(link.verification_type, LinkVerificationType::SIGNUP);
    assert_eq!(link.user.user_metadata.as_ref().unwrap()["team"], "blue");
    let session = client.verify(link.verify()).await.unwrap().session().unwrap();
    assert_eq!(session.user().id, link.user.id);
    client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    // Once only.
    assert_eq!(code(client.verify(link.verify()).await), "otp_expired");
    assert_eq!(code(admin.generate_link(GenerateLink::sign_up(EMAIL, PASSWORD)).await), "email_exists");
    assert_eq!(code(admin.generate_link(GenerateLink::invite(EMAIL)).await), "email_exists");

    for link in [GenerateLink::magic_link(EMAIL), GenerateLink::recovery(EMAIL)] {
        let link = admin.generate_link(link.redirect_to("https://app.example.com/")).await.unwrap();
        assert_eq!(link.redirect_to, "https://app.example.com/");
        client.verify(link.verify()).await.unwrap().session().unwrap();
    }
    let grace = admin.generate_link(GenerateLink::invite("grace@example.com")).await.unwrap();
    assert!(grace.user.invited_at.is_some());
    client.verify(grace.verify()).await.unwrap().session().unwrap();

    // A magic link for somebody unknown is a sign-up.
    let joan = admin.generate_link(GenerateLink::magic_link("joan@example.com")).await.unwrap();
    assert_eq!(joan.verification_type, LinkVerificationType::SIGNUP);
    client.verify(joan.verify()).await.unwrap().session().unwrap();
    assert_eq!(code(admin.generate_link(GenerateLink::recovery("nobody@example.com")).await), "user_not_found");
    // Nothing was sent.
    assert!(server.last_message_to(EMAIL).is_none());
}

#[tokio::test]
async fn without_the_service_key_nothing_is_done() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = client.sign_up(gotrue::SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().unwrap();
    let nobody = client.admin(session.access_token());
    assert_eq!(code(nobody.users().list().get().await), "not_admin");
    assert_eq!(code(nobody.users().create(CreateUser::email("x@example.com")).await), "not_admin");
    assert_eq!(code(nobody.users().delete(session.user().id).await), "not_admin");
    assert_eq!(code(nobody.generate_link(GenerateLink::recovery(EMAIL)).await), "not_admin");
}
