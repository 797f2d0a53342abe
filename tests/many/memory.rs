//! The memory of an idle session.

use allocation_counter::{AllocationInfo, measure};
use gotrue::{
    Client, Session, SessionManager, SessionStore,
    store::{Lease, Revision, StoreFuture, StoredSession},
};
use tokio::runtime::{Builder, Runtime};

const SESSIONS: usize = 10_000;

/// A store outside the process, like a database.
#[derive(Debug)]
struct Elsewhere;

impl SessionStore for Elsewhere {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        Box::pin(async { Ok(None) })
    }

    fn compare_and_swap(&self, _: Option<Revision>, _: Option<StoredSession>) -> StoreFuture<'_, bool> {
        Box::pin(async { Ok(true) })
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        Box::pin(async { Ok(Lease::none()) })
    }
}

async fn managers(client: &Client, session: Option<&Session>) -> Vec<SessionManager> {
    let mut managers = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        let manager = client.session_manager(Elsewhere).await.unwrap();
        if let Some(session) = session {
            manager.set(session.clone()).await.unwrap();
        }
        managers.push(manager);
    }
    managers
}

/// The memory that remains allocated after the work, in bytes per session.
fn each(runtime: &Runtime, work: impl AsyncFnOnce()) -> i64 {
    let info: AllocationInfo = measure(|| runtime.block_on(work()));
    info.bytes_current / i64::try_from(SESSIONS).unwrap()
}

#[test]
fn an_idle_session_takes_little_more_memory_than_its_value() {
    // The counter counts the allocations of this thread only, which does all the work.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let session = runtime.block_on(support::session_from(support::session())).unwrap();
    let client = Client::new("http://127.0.0.1:9999", "anon-key").unwrap();
    let mut kept = Vec::new();

    let alone = each(&runtime, async || kept.push(managers(&client, None).await));
    let mut values = Vec::new();
    let as_values = each(&runtime, async || values = vec![session.clone(); SESSIONS]);
    let signed_in = each(&runtime, async || kept.push(managers(&client, Some(&session)).await));
    let tasks = runtime.metrics().num_alive_tasks();
    println!("bytes: {alone} without a session, {signed_in} with one; the session as a value: {as_values}");
    assert_eq!(tasks, 0);
    assert!(alone < 2048, "{alone} bytes");
    assert!(signed_in - as_values < 1024, "{} bytes beyond the session", signed_in - as_values);
}
