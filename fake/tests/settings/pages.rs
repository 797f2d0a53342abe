//! Lists of users by cursor.

use gotrue::reqwest::Method;
use serde_json::{Value, json};

use crate::World;

impl World {
    async fn list(&self, query: &str) -> Value {
        let key = self.server.service_key();
        self.send(Method::GET, &format!("/admin/users{query}"), key.expose(), json!({})).await.1
    }
}

fn emails(page: &Value) -> Vec<String> {
    page["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

async fn with_users(cursors: &str) -> World {
    let world = World::with(&[("GOTRUE_EXPERIMENTAL_CURSOR_PAGINATION_ENABLED", cursors)]).await;
    for number in 1..=5 {
        world
            .post("/signup", json!({ "email": format!("u{number}@example.com"), "password": "correct-horse-7" }))
            .await;
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    world
}

#[tokio::test]
async fn users_are_listed_by_cursor() {
    let world = with_users("true").await;
    for (order, expected) in [("", [5, 4, 3, 2, 1]), ("&sort=created_at+asc", [1, 2, 3, 4, 5])] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = world.list(&format!("?limit=2{order}&cursor={cursor}")).await;
            seen.extend(emails(&page));
            pages += 1;
            let next = page["pagination"]["next_cursor"].as_str();
            assert_eq!(page["pagination"]["has_more"], json!(next.is_some()), "{page}");
            let Some(next) = next else { break };
            cursor = next.to_owned();
        }
        assert_eq!((seen, pages), (expected.map(|number| format!("u{number}@example.com")).to_vec(), 3));
    }
    // A page that is asked for by its number is one.
    for query in ["?page=1", "?per_page=2"] {
        assert!(world.list(query).await.get("pagination").is_none(), "{query}");
    }
    assert!(with_users("false").await.list("?limit=2").await.get("pagination").is_none());
}

#[tokio::test]
async fn users_with_the_same_time_are_each_listed_once() {
    let world = World::with(&[("GOTRUE_EXPERIMENTAL_CURSOR_PAGINATION_ENABLED", "true")]).await;
    for number in 1..=5 {
        world
            .post("/signup", json!({ "email": format!("u{number}@example.com"), "password": "correct-horse-7" }))
            .await;
    }
    let mut seen = Vec::new();
    let mut page = world.list("?limit=2").await;
    seen.extend(emails(&page));
    while let Some(next) = page["pagination"]["next_cursor"].as_str() {
        page = world.list(&format!("?limit=2&cursor={next}")).await;
        seen.extend(emails(&page));
    }
    seen.sort();
    assert_eq!(seen, [1, 2, 3, 4, 5].map(|number| format!("u{number}@example.com")));
}

#[tokio::test]
async fn bad_cursors_are_refused() {
    let world = with_users("true").await;
    for (query, why) in [
        ("?limit=0", "limit must be greater than 0"),
        ("?limit=x", "strconv.ParseUint: parsing \"x\": invalid syntax"),
        ("?cursor=!", "invalid cursor encoding: illegal base64 data at input byte 0"),
        ("?cursor=e30", "invalid cursor: missing id"),
    ] {
        let refused = world.list(query).await;
        assert_eq!(refused["msg"], format!("Bad Pagination Parameters: {why}"));
    }
}
