//! Admin calls that need the fake server: bans that end, and chosen IDs. Others are in `tests/scenarios/admin.rs`.

use std::time::Duration;

use gotrue::{
    AdminClient, Client, Error, Password,
    admin::{CreateUser, UpdateUser},
};
use gotrue_fake::{FakeServer, ManualClock};
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
async fn a_ban_ends_by_the_clock_of_the_server() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let (client, admin) = both(&server);
    let users = admin.users();
    let ada = users.create(CreateUser::email(EMAIL).password(PASSWORD).confirm_email()).await.unwrap();
    users.ban(ada.id, Duration::from_secs(60)).await.unwrap();
    clock.advance(Duration::from_secs(59));
    assert_eq!(code(client.sign_in(Password::email(EMAIL, PASSWORD)).await), "user_banned");
    clock.advance(Duration::from_secs(2));
    client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn an_email_address_of_another_user_is_rejected() {
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
    // The user may keep their own address, and a phone number creates an identity.
    let update = UpdateUser::new().email(EMAIL).phone("+15550000001");
    let ada = users.update(ada.id, update).await.unwrap();
    assert_eq!(ada.identities.unwrap().len(), 2);
    assert!(users.factors(ada.id).list().await.unwrap().is_empty());
}
