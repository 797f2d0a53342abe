//! Single pages.

use gotrue::{
    admin::ListUsers,
    types::{AuditAction, AuditLogType, UserOrder},
};
use support::{SERVICE_KEY, client_of, header, last_request};
use wiremock::{Mock, MockServer, matchers};

use crate::{listing::Listing, recorded::Recorded};

pub async fn list(listing: &Listing) -> (MockServer, ListUsers) {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(listing.clone()).mount(&server).await;
    let list = client_of(&server).admin(SERVICE_KEY).users().list();
    (server, list)
}

#[tokio::test]
async fn a_recorded_page_has_the_next_and_last_page() {
    let recorded = Recorded::new("120-admin_users_list-ok").await;
    let page = recorded.admin.users().list().page(1).per_page(2).get().await.unwrap();
    recorded.assert_sent().await;
    assert_eq!((page.items.len(), page.total), (2, Some(4)));
    assert_eq!((page.next_page, page.last_page, page.has_more()), (Some(2), Some(2), true));
    assert_eq!(page.items[0].phone.as_deref(), Some("15550000001"));

    let recorded = Recorded::new("121-admin_users_list-page-2").await;
    let page = recorded.admin.users().list().page(2).per_page(1).get().await.unwrap();
    recorded.assert_sent().await;
    assert_eq!((page.next_page, page.last_page), (Some(3), Some(4)));
}

#[tokio::test]
async fn page_numbers_may_have_two_digits() {
    let (_server, list) = list(&Listing::of(150)).await;
    let page = list.clone().filter("a;b,<c>").page(12).per_page(10).get().await.unwrap();
    assert_eq!((page.next_page, page.last_page, page.total), (Some(13), Some(15), Some(150)));
    let page = list.clone().page(15).per_page(10).get().await.unwrap();
    assert_eq!((page.next_page, page.last_page, page.has_more()), (None, Some(15), false));
    let page = list.page(16).per_page(10).get().await.unwrap();
    assert_eq!((page.items.len(), page.next_page, page.total), (0, None, Some(150)));
}

#[tokio::test]
async fn an_empty_list_has_one_empty_page() {
    let (_server, list) = list(&Listing::of(0)).await;
    let page = list.get().await.unwrap();
    assert_eq!((page.items.len(), page.total, page.next_page, page.last_page), (0, Some(0), None, None));
}

#[tokio::test]
async fn headers_may_be_missing() {
    let (_server, list) = list(&Listing::of(60).without_link().without_total()).await;
    let page = list.get().await.unwrap();
    assert_eq!((page.items.len(), page.total, page.next_page, page.last_page), (50, None, None, None));
}

#[tokio::test]
async fn a_list_has_the_parameters_that_the_server_reads() {
    let (server, list) = list(&Listing::of(1)).await;
    list.filter("ada & co").sort(UserOrder::CreatedAtAsc).audience("staff").page(3).per_page(9).get().await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(header(&request, "x-jwt-aud"), Some("staff"));
    let query: Vec<_> = request.url.query_pairs().into_owned().collect();
    let expected = [("filter", "ada & co"), ("page", "3"), ("per_page", "9"), ("sort", "created_at asc")];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_page_has_the_cursor_of_the_next() {
    let (server, list) = list(&Listing::of(5).with_cursors()).await;
    let page = list.clone().by_cursor(3).get().await.unwrap();
    assert_eq!(last_request(&server).await.url.query(), Some("limit=3"));
    assert_eq!((page.items.len(), page.total, page.has_more()), (3, None, true));
    let page = list.by_cursor(3).cursor(page.next_cursor.unwrap()).get().await.unwrap();
    assert_eq!(last_request(&server).await.url.query(), Some("cursor=3&limit=3"));
    assert_eq!((page.items.len(), page.next_cursor, page.next_page), (2, None, None));
}

#[tokio::test]
async fn the_audit_log_can_be_filtered() {
    let recorded = Recorded::new("158-admin_audit-ok").await;
    let page = recorded.admin.audit_log().page(1).per_page(3).get().await.unwrap();
    recorded.assert_sent().await;
    assert_eq!((page.items.len(), page.total, page.next_page, page.last_page), (3, Some(31), Some(2), Some(11)));
    let payload = page.items[0].payload.as_ref().unwrap();
    assert_eq!(payload.action, Some(AuditAction::UserInvited));
    assert_eq!(payload.traits.as_ref().unwrap()["user_email"], "ada2-5615942f@example.com");

    let log = || async { Recorded::new("158-admin_audit-ok").await };
    let filters = [(log().await, "author:ada@example.com"), (log().await, "action:login"), (log().await, "type:team")];
    for (place, (recorded, filter)) in filters.into_iter().enumerate() {
        let log = recorded.admin.audit_log();
        let log = match place {
            0 => log.author("ada@example.com"),
            1 => log.action(AuditAction::Login),
            _ => log.log_type(AuditLogType::Team),
        };
        log.get().await.unwrap();
        let query = recorded.sent_query().await;
        assert_eq!(query, [("page", "1"), ("query", filter)].map(|(n, v)| (n.to_owned(), v.to_owned())));
    }
}
