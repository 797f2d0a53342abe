//! Records and checks for the tests of stores.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, stream};
use gotrue::{
    SessionStore,
    store::{SessionStores, StoredSession},
};
use serde_json::json;
use tokio::time::timeout;

use super::session;

/// Returns a record in its serialized form of version 1. The number is its revision.
pub fn record(number: u8) -> StoredSession {
    let revision = format!("00000000-0000-4000-8000-0000000000{number:02x}");
    let mut session = session();
    session["expires_at"] = json!("2026-11-24T01:25:33Z");
    let json = json!({ "version": 1, "revision": revision, "sign_in": revision, "session": session });
    StoredSession::from_json(json.to_string().as_bytes()).unwrap()
}

/// Asserts that a store writes if, and only if, the expected record is there.
pub async fn compares_and_swaps(store: impl SessionStore) {
    let (one, two) = (record(1), record(2));
    assert!(store.load().await.unwrap().is_none());
    assert!(!store.compare_and_swap(Some(one.revision()), Some(two.clone())).await.unwrap());
    assert!(!store.compare_and_swap(Some(one.revision()), None).await.unwrap());
    assert!(store.compare_and_swap(None, Some(one.clone())).await.unwrap());
    assert!(!store.compare_and_swap(None, Some(two.clone())).await.unwrap());
    assert_eq!(store.load().await.unwrap().unwrap().revision(), one.revision());
    assert!(store.compare_and_swap(Some(one.revision()), Some(two.clone())).await.unwrap());
    assert!(!store.compare_and_swap(Some(one.revision()), None).await.unwrap());
    assert_eq!(store.load().await.unwrap().unwrap().revision(), two.revision());
    assert!(store.compare_and_swap(Some(two.revision()), None).await.unwrap());
    assert!(store.load().await.unwrap().is_none());
    assert!(store.compare_and_swap(None, None).await.unwrap());
}

/// Stores without sessions.
type Stores = Arc<dyn SessionStores>;

type Contract = fn(Stores) -> Pin<Box<dyn Future<Output = ()>>>;

/// What every kind of store must do.
pub const CONTRACTS: [(&str, Contract); 5] = [
    ("compares and swaps", |stores| Box::pin(async move { compares_and_swaps(stores.session("1").unwrap()).await })),
    ("separates sessions", |stores| Box::pin(separates_sessions(stores))),
    ("lets one of several writers win", |stores| Box::pin(lets_one_writer_win(stores))),
    ("leases to one holder at a time", |stores| Box::pin(leases_to_one_holder(stores))),
    ("keeps many sessions", |stores| Box::pin(keeps_many_sessions(stores))),
];

async fn separates_sessions(stores: Stores) {
    let [one, two] = ["1", "2"].map(|id| stores.session(id).unwrap());
    assert!(one.compare_and_swap(None, Some(record(1))).await.unwrap());
    assert!(two.load().await.unwrap().is_none());
    assert!(two.compare_and_swap(None, Some(record(2))).await.unwrap());
    assert!(two.compare_and_swap(Some(record(2).revision()), None).await.unwrap());
    let again = stores.session("1").unwrap();
    assert_eq!(again.load().await.unwrap().unwrap().revision(), record(1).revision());
}

async fn lets_one_writer_win(stores: Stores) {
    let expected = |round: u8| (round > 0).then(|| record(round).revision());
    for round in 0..10 {
        // Each new record has another revision.
        let writers = (0..8).map(async |writer: u8| {
            let new = record(100 + 8 * round + writer);
            let store = stores.session("1").unwrap();
            store.compare_and_swap(expected(round), Some(new.clone())).await.unwrap().then_some(new)
        });
        let winners: Vec<_> = futures::future::join_all(writers).await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "round {round}");
        let store = stores.session("1").unwrap();
        assert_eq!(store.load().await.unwrap().unwrap().revision(), winners[0].revision());
        assert!(store.compare_and_swap(Some(winners[0].revision()), Some(record(round + 1))).await.unwrap());
    }
}

async fn leases_to_one_holder(stores: Stores) {
    let [one, other] = ["1", "1"].map(|id| stores.session(id).unwrap());
    let first = one.lease().await.unwrap();
    // Another session has a lease of its own.
    drop(timeout(Duration::from_secs(30), stores.session("2").unwrap().lease()).await.unwrap().unwrap());
    let mut second = other.lease();
    for _ in 0..20 {
        assert!((&mut second).now_or_never().is_none(), "two holders");
        one.load().await.unwrap();
    }
    // A wait that was given up takes nothing.
    let mut third = other.lease();
    assert!((&mut third).now_or_never().is_none());
    drop(third);
    drop(first);
    let second = timeout(Duration::from_secs(5), second).await.expect("well before the lease expires").unwrap();
    assert!(one.lease().now_or_never().is_none(), "two holders");
    drop(second);
    timeout(Duration::from_secs(5), one.lease()).await.expect("well before the lease expires").unwrap();
}

async fn keeps_many_sessions(stores: Stores) {
    const MANY: u8 = 200;
    let each = |number: u8| (stores.session(&format!("session-{number}")).unwrap(), record(number));
    stream::iter(0..MANY)
        .for_each_concurrent(32, async |number| {
            let (store, record) = each(number);
            let lease = store.lease().await.unwrap();
            assert!(store.compare_and_swap(None, Some(record)).await.unwrap());
            drop(lease);
        })
        .await;
    stream::iter(0..MANY)
        .for_each_concurrent(32, async |number| {
            let (store, record) = each(number);
            let loaded = store.load().await.unwrap().unwrap();
            assert_eq!(serde_json::to_value(&loaded).unwrap(), serde_json::to_value(&record).unwrap());
            assert!(store.compare_and_swap(Some(record.revision()), None).await.unwrap());
        })
        .await;
    for number in 0..MANY {
        assert!(each(number).0.load().await.unwrap().is_none());
    }
}

/// Asserts that sessions expire in stores with a short time to live, and count as absent then.
pub async fn expires(stores: Stores) {
    let store = stores.session("1").unwrap();
    assert!(store.compare_and_swap(None, Some(record(1))).await.unwrap());
    let expired = async { while store.load().await.unwrap().is_some() {} };
    timeout(Duration::from_secs(30), expired).await.expect("it expires");
    assert!(!store.compare_and_swap(Some(record(1).revision()), Some(record(2))).await.unwrap());
    assert!(store.compare_and_swap(None, Some(record(2))).await.unwrap());
    // The time counts from the last write.
    let expired = async { while store.load().await.unwrap().is_some() {} };
    timeout(Duration::from_secs(30), expired).await.expect("it expires");
    assert!(!store.compare_and_swap(Some(record(2).revision()), None).await.unwrap());
    assert!(store.compare_and_swap(None, None).await.unwrap());
}
