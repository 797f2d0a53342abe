//! Many users: files of them, and what a server has.

use std::{collections::BTreeSet, fmt::Write as _};

use gotrue::{User, futures_util::TryStreamExt, serde_json::json};
use gotrue_fake::FakeServer;

pub const PASSWORD: &str = "planted-horse-7";

/// Returns a file of JSON lines with this many users.
pub fn rows(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        let row = json!({ "email": format!("user-{number}@example.com"), "user_metadata": { "number": number } });
        writeln!(text, "{row}").unwrap();
        text
    })
}

/// Returns all users of a server.
pub async fn all(server: &FakeServer) -> Vec<User> {
    let admin = server.client().unwrap().admin(server.service_key());
    admin.users().list().per_page(1000).stream().try_collect().await.unwrap()
}

/// Asserts that the server has this many users, each with an address of its own.
pub async fn assert_each_once(server: &FakeServer, count: usize) {
    let users = all(server).await;
    let addresses: BTreeSet<_> = users.iter().filter_map(|user| user.email.clone()).collect();
    assert_eq!((users.len(), addresses.len()), (count, count));
}
