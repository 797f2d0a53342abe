//! All pages, one after the other.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use futures::{StreamExt, TryStreamExt};
use gotrue::{Error, User, admin::ListUsers, types::UserOrder};
use support::{SERVICE_KEY, client_of};
use uuid::Uuid;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use crate::{listing::Listing, paging::list};

#[track_caller]
fn assert_all(users: &[User], count: u128) {
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    assert_eq!(ids, (1..=count).map(Uuid::from_u128).collect::<Vec<_>>());
}

#[tokio::test]
async fn three_pages_come_with_the_same_filter_and_order() {
    let listing = Listing::of(5);
    let (server, list) = list(&listing).await;
    let list = list.filter("ada").sort(UserOrder::CreatedAtAsc).audience("staff").per_page(2);
    assert_all(&list.stream().try_collect::<Vec<_>>().await.unwrap(), 5);
    let requests = server.received_requests().await.unwrap();
    let queries: Vec<_> = requests.iter().map(|request| request.url.query().unwrap()).collect();
    let query = |page: u8| format!("filter=ada&page={page}&per_page=2&sort=created_at+asc");
    assert_eq!(queries, [query(1), query(2), query(3)]);
    assert!(requests.iter().all(|request| request.headers["x-jwt-aud"] == "staff"));
}

#[tokio::test]
async fn a_page_is_asked_for_when_it_is_needed() {
    let listing = Listing::of(1000);
    let (_server, list) = list(&listing).await;
    let mut users = list.stream();
    assert_eq!(listing.asked(), 0);
    for number in 1..=1000_u128 {
        assert_eq!(users.next().await.unwrap().unwrap().id, Uuid::from_u128(number));
        // What has been asked for is the page of this user, and no more.
        assert_eq!(listing.asked() as u128, number.div_ceil(50));
    }
    assert!(users.next().await.is_none());
    assert_eq!(listing.asked(), 20);
}

#[tokio::test]
async fn a_stream_begins_where_it_is_told() {
    let listing = Listing::of(7);
    let (_server, list) = list(&listing).await;
    let users: Vec<_> = list.page(3).per_page(2).stream().try_collect().await.unwrap();
    assert_eq!(users.iter().map(|user| user.id.as_u128()).collect::<Vec<_>>(), [5, 6, 7]);
}

#[tokio::test]
async fn missing_headers_cost_a_request_and_nobody() {
    let bare = |users| Listing::of(users).without_link();
    for (listing, per_page, requests) in [
        (bare(5), 2, 3),
        // The last page is full, so the one after it has to be looked at.
        (bare(6).without_total(), 2, 4),
        (bare(0).without_total(), 2, 1),
        (bare(1).without_total(), 2, 2),
        // The server gives less than was asked for, which is not the end.
        (bare(7).capped_at(3), 100, 3),
        (Listing::of(7).without_total(), 3, 3),
    ] {
        let (_server, list) = list(&listing).await;
        let users: Vec<_> = list.per_page(per_page).stream().try_collect().await.unwrap();
        assert_all(
            &users,
            match per_page {
                100 => 7,
                _ => users.len() as u128,
            },
        );
        assert_eq!(listing.asked(), requests);
    }
}

#[tokio::test]
async fn an_error_comes_once_and_ends_the_stream() {
    let listing = Listing::of(10).failing_at_page(2);
    let (_server, list) = list(&listing).await;
    let mut users = list.per_page(3).stream();
    for _ in 0..3 {
        users.next().await.unwrap().unwrap();
    }
    let error = users.next().await.unwrap().unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    assert!(users.next().await.is_none() && users.next().await.is_none());
    assert_eq!(listing.asked(), 2);
}

#[tokio::test]
async fn by_cursor_all_come_too() {
    let listing = Listing::of(7).with_cursors();
    let (server, list) = list(&listing).await;
    assert_all(&list.by_cursor(3).stream().try_collect::<Vec<_>>().await.unwrap(), 7);
    let requests = server.received_requests().await.unwrap();
    let queries: Vec<_> = requests.iter().map(|request| request.url.query().unwrap()).collect();
    assert_eq!(queries, ["limit=3", "cursor=3&limit=3", "cursor=6&limit=3"]);
}

#[tokio::test]
async fn a_server_that_knows_no_cursors_is_gone_through_by_number() {
    for listing in [Listing::of(120), Listing::of(120).without_link()] {
        let (server, list) = list(&listing).await;
        assert_all(&list.by_cursor(10).stream().try_collect::<Vec<_>>().await.unwrap(), 120);
        let requests = server.received_requests().await.unwrap();
        let queries: Vec<_> = requests.iter().map(|request| request.url.query().unwrap()).collect();
        assert_eq!(queries, ["limit=10", "page=2", "page=3"]);
    }
}

#[tokio::test]
async fn a_server_that_leads_in_circles_is_left() {
    let reply = |body: serde_json::Value| ResponseTemplate::new(200).set_body_json(body);
    let users = serde_json::json!([crate::listing::user(1)]);
    let by_number = reply(serde_json::json!({ "users": users }));
    let by_cursor = serde_json::json!({ "users": users, "pagination": { "next_cursor": "x", "has_more": true } });
    for (reply, seen) in [
        (by_number.clone().insert_header("link", "</admin/users?page=1>; rel=\"next\""), 1),
        (by_number.insert_header("link", "</admin/users?page=x>; rel=\"next\", <?page=9>; rel=\"last\""), 1),
        (reply(by_cursor), 1),
    ] {
        let server = MockServer::start().await;
        Mock::given(matchers::any()).respond_with(reply).mount(&server).await;
        let users = client_of(&server).admin(SERVICE_KEY).users().list().stream();
        assert_eq!(users.take(3).try_collect::<Vec<_>>().await.unwrap().len(), seen);
    }
}

/// Users with one creation time, which are in another order for each request, as in a database.
fn shuffled(users: u64, counted: u64) -> impl Fn(&Request) -> ResponseTemplate {
    let requests = AtomicU64::new(0);
    move |request| {
        let number = |name: &str, default: u64| {
            let found = request.url.query_pairs().find(|(there, _)| there == name);
            found.map_or(default, |(_, text)| text.parse().unwrap())
        };
        let shift = requests.fetch_add(1, Ordering::SeqCst) * 37;
        let (page, per_page) = (number("page", 1), number("per_page", 50));
        let places = (page - 1) * per_page..users.min(page * per_page);
        let users: Vec<_> = places.map(|place| crate::listing::user((place + shift) % users + 1)).collect();
        let body = serde_json::json!({ "users": users, "aud": "authenticated" });
        ResponseTemplate::new(200).insert_header("x-total-count", counted.to_string()).set_body_json(body)
    }
}

async fn shuffled_list(users: u64, counted: u64) -> (MockServer, ListUsers) {
    let server = MockServer::start().await;
    Mock::given(matchers::path("/admin/users")).respond_with(shuffled(users, counted)).mount(&server).await;
    let list = client_of(&server).admin(SERVICE_KEY).users().list();
    (server, list)
}

#[tokio::test]
async fn users_with_one_creation_time_come_each_once() {
    for per_page in [None, Some(1), Some(7), Some(100)] {
        let (_server, list) = shuffled_list(180, 180).await;
        let list = per_page.into_iter().fold(list, ListUsers::per_page);
        let users: Vec<_> = list.stream().try_collect().await.unwrap();
        let ids: BTreeSet<_> = users.iter().map(|user| user.id).collect();
        assert_eq!((users.len(), ids.len()), (180, 180), "{per_page:?}");
    }
}

#[tokio::test]
async fn users_that_are_counted_and_never_come_are_an_error() {
    let (_server, list) = shuffled_list(20, 21).await;
    let mut users = list.stream();
    let mut count = 0;
    let error = loop {
        match users.next().await.unwrap() {
            Ok(_) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(count, 20);
    assert!(matches!(error, Error::IncompleteList { expected: 21, found: 20 }), "{error}");
    assert!(users.next().await.is_none());
    let (_server, list) = shuffled_list(180, 180).await;
    let from_a_later_page = list.page(2).per_page(30).stream().try_collect::<Vec<_>>().await;
    assert!(matches!(from_a_later_page, Err(Error::IncompleteList { expected: 150, .. })));
}

#[tokio::test]
async fn the_audit_log_is_a_stream_too() {
    let server = MockServer::start().await;
    for (page, ids, link) in
        [("1", [1, 2], "<?page=2>; rel=\"next\", <?page=2>; rel=\"last\""), ("2", [3, 4], "<?page=2>; rel=\"last\"")]
    {
        let entries: Vec<_> = ids.map(|id| serde_json::json!({ "id": Uuid::from_u128(id) })).into();
        let reply = ResponseTemplate::new(200).set_body_json(entries).insert_header("link", link);
        let query = matchers::query_param("query", "author:ada");
        let matched = Mock::given(matchers::path("/admin/audit")).and(query);
        matched.and(matchers::query_param("page", page)).respond_with(reply).expect(1).mount(&server).await;
    }
    let entries = client_of(&server).admin(SERVICE_KEY).audit_log().author("ada").per_page(2).stream();
    let ids: Vec<_> = entries.map_ok(|entry| entry.id.as_u128()).try_collect().await.unwrap();
    assert_eq!(ids, [1, 2, 3, 4]);
}

#[test]
fn a_stream_can_go_to_another_task() {
    fn sent<T: Send + Unpin + 'static>(_: T) {}
    let admin = gotrue::Client::new("http://127.0.0.1:9", "key").unwrap().admin(SERVICE_KEY);
    sent(admin.users().list().stream());
    sent(admin.audit_log().stream());
}
