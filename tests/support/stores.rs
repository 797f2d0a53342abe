//! Records and checks for the tests of stores.

use gotrue::{SessionStore, store::StoredSession};
use serde_json::json;

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
pub async fn swaps_only_what_is_expected(store: impl SessionStore) {
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
