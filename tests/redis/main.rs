//! Sessions in a real Redis server, which these tests start on loopback; where there is none, they say that they were
//! skipped.

mod leases;
mod loss;
mod processes;
mod records;
mod server;
#[path = "../support/mod.rs"]
mod support;

use gotrue::{Session, StoredSession};
use serde_json::json;

/// A record as the manager makes one. The number is its revision.
async fn record(number: u8) -> StoredSession {
    let session: Session = support::session_from(support::session()).await.unwrap();
    let revision = format!("00000000-0000-4000-8000-0000000000{number:02x}");
    let json = json!({ "version": 1, "revision": revision, "sign_in": revision, "session": session });
    StoredSession::from_json(json.to_string().as_bytes()).unwrap()
}
