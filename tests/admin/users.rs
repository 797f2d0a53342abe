//! Users, their factors and passkeys.

use std::time::Duration;

use gotrue::{
    SignOutScope, User,
    admin::{CreateUser, UpdateUser},
};
use serde_json::json;
use support::{ACCESS_TOKEN, API_KEY, SERVICE_KEY, client_of, header, last_request, server_that_answers};
use uuid::Uuid;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use crate::{
    listing::{Listing, user},
    recorded::Recorded,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn a_user_is_created_with_all_fields() {
    let recorded = Recorded::new("124-admin_user_create-ok").await;
    let id = Uuid::from_u128(7);
    let ada = CreateUser::email_and_phone("ada@example.com", "+15550000001")
        .password("correct-horse-7")
        .confirm_email()
        .confirm_phone()
        .user_metadata(json!({ "a": 1 }))
        .app_metadata(json!({ "plan": "pro" }))
        .role("editor")
        .ban(Duration::from_millis(90_500))
        .id(id)
        .audience("staff");
    let created = recorded.assert_whole(recorded.admin.users().create(ada).await);
    assert_eq!(created.role.as_deref(), Some("editor"));
    let body = json!({
        "id": id,
        "aud": "staff",
        "role": "editor",
        "email": "ada@example.com",
        "phone": "+15550000001",
        "password": "correct-horse-7",
        "email_confirm": true,
        "phone_confirm": true,
        "user_metadata": { "a": 1 },
        "app_metadata": { "plan": "pro" },
        "ban_duration": "90.500000000s",
    });
    recorded.assert_sent_body(body).await;
}

#[tokio::test]
async fn unset_fields_of_a_new_user_are_not_sent() {
    for (user, body) in [
        (CreateUser::email("ada@example.com"), json!({ "email": "ada@example.com" })),
        (CreateUser::phone("15550000001"), json!({ "phone": "15550000001" })),
        (
            CreateUser::email("ada@example.com").password_hash("$2y$10$x"),
            json!({ "email": "ada@example.com", "password_hash": "$2y$10$x" }),
        ),
    ] {
        let recorded = Recorded::new("124-admin_user_create-ok").await;
        recorded.admin.users().create(user).await.unwrap();
        recorded.assert_sent_body(body).await;
    }
}

#[tokio::test]
async fn an_existing_email_address_is_an_error_with_its_code() {
    let recorded = Recorded::new("125-admin_user_create-exists").await;
    let email = "created-5615942f@example.com";
    recorded.assert_error(recorded.admin.users().create(CreateUser::email(email).password("correct-horse-7")).await);
    recorded.assert_sent().await;
}

#[tokio::test]
async fn a_user_is_read_by_id() {
    let recorded = Recorded::new("129-admin_user_get-ok").await;
    recorded.assert_whole(recorded.admin.users().get(recorded.id(3)).await);
    recorded.assert_sent().await;
}

#[tokio::test]
async fn a_user_is_updated_with_all_fields() {
    let recorded = Recorded::new("132-admin_user_update-ban").await;
    let update = UpdateUser::new()
        .email("ada@new.example.com")
        .phone("+15550000002")
        .password("correct-horse-8")
        .confirm_email()
        .confirm_phone()
        .user_metadata(json!({ "nickname": null }))
        .app_metadata(json!({ "plan": "free" }))
        .role("reader")
        .ban(DAY);
    recorded.assert_whole(recorded.admin.users().update(recorded.id(3), update).await);
    let body = json!({
        "role": "reader",
        "email": "ada@new.example.com",
        "phone": "+15550000002",
        "password": "correct-horse-8",
        "email_confirm": true,
        "phone_confirm": true,
        "user_metadata": { "nickname": null },
        "app_metadata": { "plan": "free" },
        "ban_duration": "86400s",
    });
    recorded.assert_sent_body(body).await;
}

#[tokio::test]
async fn a_ban_is_set_and_lifted() {
    let recorded = Recorded::new("132-admin_user_update-ban").await;
    let banned = recorded.admin.users().ban(recorded.id(3), DAY).await.unwrap();
    assert!(banned.banned_until.is_some());
    recorded.assert_sent_body(json!({ "ban_duration": "86400s" })).await;

    let recorded = Recorded::new("129-admin_user_get-ok").await;
    recorded.admin.users().unban(recorded.id(3)).await.unwrap();
    let recorded = Recorded::new("132-admin_user_update-ban").await;
    recorded.admin.users().unban(recorded.id(3)).await.unwrap();
    recorded.assert_sent_body(json!({ "ban_duration": "none" })).await;
}

#[tokio::test]
async fn a_user_is_deleted_softly_or_permanently() {
    let recorded = Recorded::new("141-admin_user_delete-soft").await;
    recorded.admin.users().soft_delete(recorded.id(3)).await.unwrap();
    recorded.assert_sent().await;

    let recorded = Recorded::new("143-admin_user_delete-hard").await;
    recorded.admin.users().delete(recorded.id(3)).await.unwrap();
    recorded.assert_sent_body(json!({ "should_soft_delete": false })).await;
}

#[tokio::test]
async fn factors_are_listed_updated_and_deleted() {
    let recorded = Recorded::new("135-admin_user_factors-ok").await;
    let factors = recorded.assert_whole(recorded.admin.users().factors(recorded.id(3)).list().await);
    assert_eq!(factors[0].friendly_name.as_deref(), Some("phone app"));
    recorded.assert_sent().await;

    let recorded = Recorded::new("136-admin_user_factor_update-ok").await;
    let factors = recorded.admin.users().factors(recorded.id(3));
    recorded.assert_whole(factors.rename(recorded.id(5), "renamed").await);
    recorded.assert_sent().await;

    let recorded = Recorded::new("136-admin_user_factor_update-ok").await;
    recorded.admin.users().factors(recorded.id(3)).set_phone(recorded.id(5), "+15550000003").await.unwrap();
    recorded.assert_sent_body(json!({ "phone": "+15550000003" })).await;

    let recorded = Recorded::new("137-admin_user_factor_delete-ok").await;
    recorded.assert_whole(recorded.admin.users().factors(recorded.id(3)).delete(recorded.id(5)).await);
    recorded.assert_sent().await;

    let recorded = Recorded::new("138-admin_user_factor_delete-not-found").await;
    recorded.assert_error(recorded.admin.users().factors(recorded.id(3)).delete(recorded.id(5)).await);
}

#[tokio::test]
async fn passkeys_are_listed_and_deleted() {
    let recorded = Recorded::new("139-admin_user_passkeys-empty").await;
    recorded.assert_whole(recorded.admin.users().passkeys(recorded.id(3)).list().await);
    recorded.assert_sent().await;

    let recorded = Recorded::new("140-admin_user_passkey_delete-not-found").await;
    recorded.assert_error(recorded.admin.users().passkeys(recorded.id(3)).delete(recorded.id(5)).await);
    recorded.assert_sent().await;

    let server = server_that_answers(ResponseTemplate::new(204)).await;
    let passkeys = client_of(&server).admin(SERVICE_KEY).users().passkeys(Uuid::from_u128(1));
    passkeys.delete(Uuid::from_u128(2)).await.unwrap();
}

#[tokio::test]
async fn a_user_is_signed_out_with_their_access_token_and_without_the_service_key() {
    let server = server_that_answers(ResponseTemplate::new(204)).await;
    let admin = client_of(&server).admin(SERVICE_KEY);
    admin.sign_out(ACCESS_TOKEN, SignOutScope::Global).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!((request.url.path(), request.url.query()), ("/logout", Some("scope=global")));
    assert_eq!(header(&request, "authorization"), Some("Bearer access-token-of-ada"));
    assert_eq!(header(&request, "apikey"), Some(API_KEY));
}

/// A server with a list of users and each user by ID.
async fn server_of(listing: Listing) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(matchers::path("/admin/users")).respond_with(listing).mount(&server).await;
    let one = |request: &wiremock::Request| {
        let id: Uuid = request.url.path_segments().unwrap().next_back().unwrap().parse().unwrap();
        let mut user = user(id.as_u128().try_into().unwrap());
        user["identities"] = json!([]);
        ResponseTemplate::new(200).set_body_json(user)
    };
    Mock::given(matchers::path_regex("^/admin/users/.")).respond_with(one).mount(&server).await;
    server
}

#[tokio::test]
async fn a_user_is_found_by_email_on_any_page() {
    let server = server_of(Listing::of(120)).await;
    let users = client_of(&server).admin(SERVICE_KEY).users();
    let found: User = users.get_by_email(" User-115@Example.COM ").await.unwrap().unwrap();
    assert_eq!(found.id, Uuid::from_u128(115));
    assert!(found.identities.is_some(), "the user is not whole");
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 4);
    let query: Vec<_> = requests[0].url.query_pairs().into_owned().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [pair("filter", "user-115@example.com"), pair("page", "1"), pair("sort", "created_at asc")];
    assert_eq!(query, expected);
}

#[tokio::test]
async fn a_part_of_an_email_address_finds_no_user() {
    let server = server_of(Listing::of(3)).await;
    let users = client_of(&server).admin(SERVICE_KEY).users();
    assert!(users.get_by_email("ser-1@example.com").await.unwrap().is_none());
    // Only the list was requested.
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}
