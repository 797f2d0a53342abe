//! A task that keeps many sessions fresh.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use futures::StreamExt;
use gotrue::{
    Client, Clock, Event, MemoryStore, Password, SessionManager, SessionStore, SignOutScope, SignUp,
    store::{Lease, Revision, StoreFuture, StoredSession},
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

const SESSIONS: usize = 10_000;
const AT_ONCE: usize = 16;

/// The time from a sign-in to the earliest refresh, and from there to the latest one. A refresh is due a minute before
/// the end of the hour, and starts up to a tenth of the lifetime earlier.
const EARLIEST: Duration = Duration::from_secs(3600 - 60 - 360);
const SPREAD: Duration = Duration::from_secs(360);
const LATEST: Duration = Duration::from_secs(3600 - 60);

// ------------------------------------------------------------------------------------------------------------- many

/// Counts the running refreshes by their leases.
#[derive(Debug, Default)]
struct UnderWay {
    now: AtomicUsize,
    most: AtomicUsize,
}

struct Holder(Arc<UnderWay>);

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

/// A store that counts its leases.
#[derive(Debug)]
struct Counting(MemoryStore, Arc<UnderWay>);

impl SessionStore for Counting {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.0.load()
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        self.0.compare_and_swap(expected, new)
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        let now = self.1.now.fetch_add(1, SeqCst) + 1;
        self.1.most.fetch_max(now, SeqCst);
        let lease = Lease::new(Holder(self.1.clone()));
        Box::pin(async { Ok(lease) })
    }
}

/// Responds to refreshes, and counts the requests with each token.
#[derive(Clone, Default)]
struct Refreshes {
    of: Arc<Mutex<HashMap<String, usize>>>,
    total: Arc<AtomicUsize>,
}

impl Refreshes {
    fn total(&self) -> usize {
        self.total.load(SeqCst)
    }
}

impl Respond for Refreshes {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let token = body["refresh_token"].as_str().unwrap();
        *self.of.lock().unwrap().entry(token.to_owned()).or_default() += 1;
        self.total.fetch_add(1, SeqCst);
        let mut session = support::session();
        session["refresh_token"] = json!(format!("after-{token}"));
        ResponseTemplate::new(200).set_body_json(session)
    }
}

/// A manager that starts with a session from the store, as in a service that restarts.
async fn manager(number: usize, client: &Client, clock: &ManualClock, under_way: &Arc<UnderWay>) -> SessionManager {
    let mut session = support::session();
    session["refresh_token"] = json!(format!("token-{number}"));
    session["expires_at"] = json!(clock.now() + Duration::from_secs(3600));
    let id = format!("00000000-0000-4000-8000-{number:012x}");
    let record = json!({ "version": 1, "revision": id, "sign_in": id, "session": session });
    let record = StoredSession::from_json(record.to_string().as_bytes()).unwrap();
    let store = MemoryStore::new();
    store.compare_and_swap(None, Some(record)).await.unwrap();
    client.session_manager(Counting(store, under_way.clone())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_sessions_are_refreshed_once_each_with_limited_concurrency_and_jitter() {
    let server = MockServer::builder().disable_request_recording().start().await;
    let refreshes = Refreshes::default();
    Mock::given(matchers::any()).respond_with(refreshes.clone()).mount(&server).await;
    let (clock, under_way) = (ManualClock::new(), Arc::new(UnderWay::default()));
    let client = Client::builder().base_url(server.uri()).clock(clock.clone()).build().unwrap();
    let fresh = client.keep_fresh(AT_ONCE);
    let mut managers = Vec::new();
    for number in 0..SESSIONS {
        let manager = manager(number, &client, &clock, &under_way).await;
        fresh.add(&manager);
        managers.push(manager);
    }
    // It sleeps only if nothing is due, with a single sleep.
    let rest = async |at_least: usize| {
        until(|| refreshes.total() >= at_least && clock.sleepers() == 1 && under_way.now.load(SeqCst) == 0).await;
    };

    rest(0).await;
    clock.advance(EARLIEST / 2);
    rest(0).await;
    assert_eq!(refreshes.total(), 0);
    clock.advance(EARLIEST / 2);
    // After half of the time span, about half of them are refreshed.
    clock.advance(SPREAD / 2);
    rest(SESSIONS / 3).await;
    let half = refreshes.total();
    assert!((SESSIONS * 2 / 5..SESSIONS * 3 / 5).contains(&half), "{half}");
    clock.advance(SPREAD / 2);
    rest(SESSIONS).await;
    assert_eq!(under_way.most.load(SeqCst), AT_ONCE);
    let asked = refreshes.of.lock().unwrap();
    assert_eq!(asked.len(), SESSIONS);
    assert!(asked.values().all(|times| *times == 1));
    assert!(managers.iter().all(|manager| manager.session().is_some()));
}

// -------------------------------------------------------------------------------------------------- coming and going

async fn manager_of(client: &Client, name: &str) -> SessionManager {
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_up(SignUp::email(format!("{name}@example.com"), "correct-horse-7")).await.unwrap();
    auth
}

/// Fails instead of waiting forever.
async fn until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(100), "it does not come");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn sessions_come_and_go() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let (stays, leaves, is_dropped) =
        (manager_of(&client, "a").await, manager_of(&client, "b").await, manager_of(&client, "c").await);
    let begins_later = client.session_manager(MemoryStore::new()).await.unwrap();
    let refreshes = || server.count("token");
    let fresh = client.keep_fresh(0);
    for manager in [&stays, &leaves, &is_dropped, &begins_later, &stays] {
        fresh.add(manager);
    }
    drop(is_dropped);
    leaves.sign_out(SignOutScope::Local).await.unwrap();
    clock.advance(LATEST);
    until(|| refreshes() == 1).await;
    until(|| clock.sleepers() == 1).await;

    // A session is kept fresh from its sign-in on.
    leaves.sign_in(Password::email("b@example.com", "correct-horse-7")).await.unwrap();
    begins_later.sign_up(SignUp::email("d@example.com", "correct-horse-7")).await.unwrap();
    let (signed_in, before) = (leaves.session().unwrap(), refreshes());
    clock.advance(LATEST);
    until(|| refreshes() == before + 3).await;
    until(|| clock.sleepers() == 1).await;
    assert_ne!(leaves.session().unwrap().refresh_token(), signed_in.refresh_token());

    // A session that a caller has refreshed is not refreshed again.
    clock.advance(EARLIEST / 2);
    stays.refresh().await.unwrap();
    let before = refreshes();
    clock.advance(EARLIEST / 2 + SPREAD);
    until(|| refreshes() == before + 2).await;
    until(|| clock.sleepers() == 1).await;
    assert_eq!(refreshes(), before + 2);

    drop(fresh);
    until(|| clock.sleepers() == 0).await;
    clock.advance(LATEST);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(refreshes(), before + 2);
}

#[tokio::test]
async fn a_session_is_kept_fresh_by_the_task_that_it_was_added_to_last() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let auth = manager_of(&client, "a").await;
    let (first, second) = (client.keep_fresh(1), client.keep_fresh(1));
    first.add(&auth);
    until(|| clock.sleepers() == 1).await;
    second.add(&auth);
    // The first task has no sessions left.
    tokio::task::yield_now().await;
    until(|| clock.sleepers() == 1).await;
    drop(second);
    until(|| clock.sleepers() == 0).await;
}

#[tokio::test]
async fn a_retry_after_of_the_server_is_respected() {
    let server = MockServer::start().await;
    let too_many = ResponseTemplate::new(429).insert_header("retry-after", "30");
    Mock::given(matchers::any()).respond_with(too_many).up_to_n_times(1).mount(&server).await;
    Mock::given(matchers::any()).respond_with(Refreshes::default()).mount(&server).await;
    let (clock, under_way) = (ManualClock::new(), Arc::new(UnderWay::default()));
    let client = Client::builder().base_url(server.uri()).clock(clock.clone()).build().unwrap();
    let auth = manager(1, &client, &clock, &under_way).await;
    let mut events = auth.events();
    let fresh = client.keep_fresh(AT_ONCE);
    fresh.add(&auth);
    until(|| clock.sleepers() == 1).await;
    clock.advance(LATEST);
    events.next().await;
    assert!(matches!(events.next().await, Some(Event::RefreshFailed(_))));
    until(|| clock.sleepers() == 1).await;
    clock.advance(Duration::from_secs(29));
    until(|| clock.sleepers() == 1).await;
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    clock.advance(Duration::from_secs(1));
    assert!(matches!(events.next().await, Some(Event::TokenRefreshed(_))));
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}
