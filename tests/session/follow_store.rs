//! Changes of the store by other processes, as they happen.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::{StreamExt, stream};
use gotrue::{
    Event, MemoryStore, Password, SessionStore, SignOutScope, SignUp,
    error::StoreError,
    manager::{Events, SignedOutReason},
    store::{Lease, Revision, StoreChanges, StoreFuture, StoredSession},
};
use gotrue_fake::FakeServer;
use tokio::sync::watch;

/// A store whose clones hear of each other's changes.
#[derive(Clone, Debug)]
struct NotifyingStore {
    store: MemoryStore,
    changed: watch::Sender<()>,
    keeps_records: Arc<AtomicBool>,
}

impl NotifyingStore {
    fn new() -> Self {
        Self { store: MemoryStore::new(), changed: watch::Sender::new(()), keeps_records: Arc::default() }
    }

    /// Fails to remove records from now on.
    fn keep_records(&self) {
        self.keeps_records.store(true, Ordering::SeqCst);
    }
}

impl SessionStore for NotifyingStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.store.load()
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        if new.is_none() && self.keeps_records.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::new("write the session", "it is read-only")) });
        }
        Box::pin(async move {
            let swapped = self.store.compare_and_swap(expected, new).await?;
            self.changed.send_replace(());
            Ok(swapped)
        })
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        self.store.lease()
    }

    fn changes(&self) -> Option<StoreChanges> {
        let changes = stream::unfold(self.changed.subscribe(), |mut changed| async move {
            changed.changed().await.ok().map(|()| ((), changed))
        });
        Some(changes.boxed())
    }
}

async fn next(events: &mut Events) -> Event {
    events.next().await.expect("the stream does not end")
}

#[tokio::test]
async fn a_session_follows_another_process() {
    let server = FakeServer::start().await;
    let (client, store) = (server.client().unwrap(), NotifyingStore::new());
    let elsewhere = client.session_manager(store.clone()).await.unwrap();
    let here = client.session_manager(store).await.unwrap();
    let _following = here.follow_store();
    let mut events = here.events();
    assert!(matches!(next(&mut events).await, Event::InitialSession(None)));

    elsewhere.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let Event::SignedIn(session) = next(&mut events).await else { panic!("expected a sign-in") };
    assert_eq!(session.user().email.as_deref(), Some("ada@example.com"));

    let refreshed = elsewhere.refresh().await.unwrap();
    let Event::TokenRefreshed(session) = next(&mut events).await else { panic!("expected a refresh") };
    assert_eq!(session.access_token(), refreshed.access_token());
    assert_eq!(here.access_token().await.unwrap(), *refreshed.access_token());

    elsewhere.sign_out(SignOutScope::Local).await.unwrap();
    assert!(matches!(next(&mut events).await, Event::SignedOut(SignedOutReason::Missing)));
    assert!(here.session().is_none());
    assert_eq!(server.count("token"), 1);
}

#[tokio::test]
async fn a_session_that_is_signed_out_here_does_not_return_from_the_store() {
    let server = FakeServer::start().await;
    let (client, store) = (server.client().unwrap(), NotifyingStore::new());
    let here = client.session_manager(store.clone()).await.unwrap();
    let _following = here.follow_store();
    here.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let mut events = here.events();
    assert!(matches!(next(&mut events).await, Event::InitialSession(Some(_))));

    store.keep_records();
    here.sign_out(SignOutScope::Local).await.unwrap_err();
    assert!(matches!(next(&mut events).await, Event::SignedOut(SignedOutReason::Requested)));
    assert!(matches!(next(&mut events).await, Event::StoreFailed(_)));
    store.changed.send_replace(());

    // Another sign-in is adopted. It would be the second, if the first had returned.
    let elsewhere = client.session_manager(store).await.unwrap();
    elsewhere.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let Event::SignedIn(session) = next(&mut events).await else { panic!("expected a sign-in") };
    assert_eq!(session.access_token(), elsewhere.session().unwrap().access_token());
}

#[tokio::test]
async fn a_dropped_guard_ends_it() {
    let server = FakeServer::start().await;
    let (client, store) = (server.client().unwrap(), NotifyingStore::new());
    let here = client.session_manager(store.clone()).await.unwrap();
    drop(here.follow_store());
    store.changed.closed().await;
    let elsewhere = client.session_manager(store).await.unwrap();
    elsewhere.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    assert!(here.session().is_none());
}
