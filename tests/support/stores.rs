//! Tests that every store must pass.

use gotrue::{Session, SessionStore, store::StoredSession};
use serde_json::json;

use super::{session, session_from};

/// A record as the manager writes it. The number is its revision.
pub async fn record(number: u8) -> StoredSession {
    let session: Session = session_from(session()).await.unwrap();
    let revision = format!("00000000-0000-4000-8000-0000000000{number:02x}");
    let json = json!({ "version": 1, "revision": revision, "sign_in": revision, "session": session });
    StoredSession::from_json(json.to_string().as_bytes()).unwrap()
}

/// Checks that a store implements compare-and-swap.
pub async fn compares_and_swaps(store: impl SessionStore) {
    let (one, two) = (record(1).await, record(2).await);
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
