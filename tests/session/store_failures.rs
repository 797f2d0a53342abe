//! Stores that fail or never respond: a sign-out returns the failure, and no wait exceeds the client's timeout.

use std::{
    fs::File,
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{FutureExt, StreamExt};
use gotrue::{
    Client, Error, Event, FileStore, MemoryStore, SessionStore, SignOutScope, SignUp,
    error::StoreError,
    store::{Lease, Revision, StoreFuture, StoredSession},
};
use gotrue_fake::FakeServer;
use tempfile::TempDir;

/// The client's timeout where a store never responds.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Far more than the waits of one refresh take with that timeout, and less than any other limit.
const LIMIT: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Load,
    Swap,
    Lease,
}

/// A store of which one operation goes wrong once it is broken.
#[derive(Clone, Debug)]
struct BrokenStore {
    store: MemoryStore,
    operation: Operation,
    /// Whether the operation never responds, instead of failing.
    hangs: bool,
    is_broken: Arc<AtomicBool>,
}

impl BrokenStore {
    fn new(operation: Operation, hangs: bool) -> Self {
        Self { store: MemoryStore::new(), operation, hangs, is_broken: Arc::default() }
    }

    fn break_down(&self) {
        self.is_broken.store(true, Ordering::SeqCst);
    }

    fn respond<'a, T: Send + 'a>(&self, operation: Operation, response: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        if operation != self.operation || !self.is_broken.load(Ordering::SeqCst) {
            response
        } else if self.hangs {
            Box::pin(pending())
        } else {
            Box::pin(async { Err(StoreError::new("do it", io::Error::from(io::ErrorKind::StorageFull))) })
        }
    }
}

impl SessionStore for BrokenStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.respond(Operation::Load, self.store.load())
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        self.respond(Operation::Swap, self.store.compare_and_swap(expected, new))
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        self.respond(Operation::Lease, self.store.lease())
    }
}

/// A store in which a client without a short timeout has signed up.
async fn sign_up(server: &FakeServer, store: impl SessionStore) {
    let auth = server.client().unwrap().session_manager(store).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
}

fn impatient_client(server: &FakeServer) -> Client {
    server.client_builder().timeout(TIMEOUT).build().unwrap()
}

#[tokio::test]
async fn a_sign_out_returns_the_error_of_a_store_that_keeps_the_session() {
    for operation in [Operation::Load, Operation::Swap] {
        for hangs in [false, true] {
            for scope in [SignOutScope::Local, SignOutScope::Global] {
                let server = FakeServer::start().await;
                let store = BrokenStore::new(operation, hangs);
                sign_up(&server, store.clone()).await;
                let auth = impatient_client(&server).session_manager(store.clone()).await.unwrap();
                let mut events = auth.events();
                store.break_down();
                let error = auth.sign_out(scope).await.unwrap_err();
                assert!(matches!(error, Error::Store(_)), "{operation:?}: {error:?}");
                let action = if operation == Operation::Load { "read the session" } else { "write the session" };
                let action = if hangs { action } else { "do it" };
                assert_eq!(error.to_string(), format!("the session store could not {action}"));
                let cause = std::error::Error::source(&error).unwrap().to_string();
                assert_eq!(cause.contains("within 1s"), hangs, "{cause}");

                // The rest is done all the same: no one is signed in here, and the server knows.
                assert!(auth.session().is_none());
                assert_eq!(server.count("sign_out"), 1);
                assert!(matches!(events.next().await, Some(Event::InitialSession(Some(_)))));
                assert!(matches!(events.next().await, Some(Event::SignedOut(_))));
                assert!(matches!(events.next().await, Some(Event::StoreFailed(_))));
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_never_responds_holds_nothing_up_beyond_the_timeout() {
    for operation in [Operation::Load, Operation::Swap, Operation::Lease] {
        let server = FakeServer::start().await;
        let store = BrokenStore::new(operation, true);
        sign_up(&server, store.clone()).await;
        let auth = impatient_client(&server).session_manager(store.clone()).await.unwrap();
        let mut events = auth.events();
        store.break_down();
        let started = Instant::now();
        auth.refresh().await.unwrap();
        assert!(started.elapsed() < LIMIT, "{operation:?}: {:?}", started.elapsed());
        assert!(matches!(events.next().await, Some(Event::InitialSession(Some(_)))));
        let rest: Vec<_> = std::iter::from_fn(|| events.next().now_or_never().flatten()).collect();
        assert!(rest.iter().any(|event| matches!(event, Event::StoreFailed(_))), "{operation:?}: {rest:?}");

        if operation == Operation::Load {
            let error = impatient_client(&server).session_manager(store).await.unwrap_err();
            assert!(matches!(error, Error::Store(_)), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_lock_that_another_process_never_releases_holds_a_refresh_up_to_the_timeout() {
    for suffix in ["lock", "turn"] {
        let server = FakeServer::start().await;
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("session.json");
        sign_up(&server, FileStore::open(&file).unwrap()).await;
        let client = impatient_client(&server);
        let auth = client.session_manager(FileStore::open(&file).unwrap()).await.unwrap();
        let lock = File::options().write(true).open(directory.path().join(format!("session.json.{suffix}"))).unwrap();
        lock.lock().unwrap();
        let started = Instant::now();
        auth.refresh().await.unwrap();
        assert!(started.elapsed() < LIMIT, "{suffix}: {:?}", started.elapsed());
        assert_eq!(server.count("token"), 1);
    }
}

#[test]
fn a_wait_for_a_lock_ends_with_its_runtime() {
    let directory = TempDir::new().unwrap();
    let store = FileStore::open(directory.path().join("session.json")).unwrap();
    for suffix in ["lock", "turn"] {
        let lock = File::options().write(true).open(directory.path().join(format!("session.json.{suffix}"))).unwrap();
        lock.lock().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (record, lease) = (store.clone(), store.clone());
        runtime.block_on(async {
            let waiting = tokio::spawn(async move {
                tokio::select! {
                    _ = record.load(), if suffix == "lock" => {}
                    _ = lease.lease(), if suffix == "turn" => {}
                }
            });
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
        });
        let started = Instant::now();
        drop(runtime);
        assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    }
}
