//! Names of keys: no two pairs of a prefix and an id share one, whatever characters they contain.

use std::time::Duration;

use gotrue::{RedisStores, SessionStore};
use support::stores::record;
use tokio::time::timeout;

use crate::servers::redis::Redis;

/// Pairs that some way of joining or escaping them would confuse.
const PAIRS: [(&str, &str); 20] = [
    ("app", "x"),
    ("app", ":x"),
    ("app", "x:"),
    ("app", "session:x"),
    ("app", "lease:x"),
    ("app", "session%3Ax"),
    ("app", "session%253Ax"),
    ("app", "session%3ax"),
    ("app", "session:session:x"),
    ("app:", "x"),
    ("app:session", "x"),
    ("app:session", "session:x"),
    ("app:session:", "x"),
    ("app:lease", "x"),
    ("app:lease:session", "x"),
    ("app%3A", "x"),
    ("app:session:session", "x"),
    ("APP", "x"),
    ("app", "x "),
    ("app", "x\0"),
];

#[tokio::test]
async fn every_pair_of_prefix_and_id_has_keys_of_its_own() {
    let Some(redis) = Redis::start() else { return };
    let mut stores = Vec::new();
    for (number, (prefix, id)) in (0..).zip(PAIRS) {
        let store = RedisStores::connect(&redis.url(), prefix).await.unwrap().session(id).unwrap();
        assert!(store.load().await.unwrap().is_none(), "{prefix:?} {id:?}");
        assert!(store.compare_and_swap(None, Some(record(number))).await.unwrap(), "{prefix:?} {id:?}");
        stores.push(store);
    }
    let mut leases = Vec::new();
    for (number, store) in (0..).zip(&stores) {
        let pair = PAIRS[usize::from(number)];
        let revision = store.load().await.unwrap().unwrap().revision();
        assert_eq!(revision, record(number).revision(), "{pair:?}");
        leases.push(timeout(Duration::from_secs(30), store.lease()).await.expect("a lease of its own").unwrap());
    }
    assert_eq!(redis.command::<usize>(&["DBSIZE"]).await, 2 * PAIRS.len());
}

#[tokio::test]
async fn keys_are_as_documented() {
    let Some(redis) = Redis::start() else { return };
    for (prefix, id, expected) in [
        ("app", "4711", "app:session:4711"),
        ("team:app", "user-1", "team:app:session:user-1"),
        ("app", "user:1", "app:session:user%3A1"),
        ("app", "100%", "app:session:100%25"),
    ] {
        let store = RedisStores::connect(&redis.url(), prefix).await.unwrap().session(id).unwrap();
        store.compare_and_swap(None, Some(record(1))).await.unwrap();
        assert!(redis.command::<bool>(&["EXISTS", expected]).await, "{expected}");
    }
}
