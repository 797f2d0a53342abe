//! The session manager: refresh, expiry, sign-out, and events.

#![allow(clippy::unchecked_time_subtraction, reason = "a test that subtracts too much may fail")]

use std::{future::Future, pin::pin, time::Duration};

use futures::StreamExt;
use gotrue::{
    Callback, Client, Clock, Error, ErrorCode, Event, MemoryStore, Password, ProfileUpdate, Recover, Secret, Session,
    SessionManager, SessionStore, SignOutScope, SignUp, VerifyOtp,
    auth::FlowKind,
    manager::{Events, SignedOutReason},
    types::OtpType,
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Value, json};
use support::scripted::{Scripted, Step};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";
const HOUR: Duration = Duration::from_secs(3600);

/// A fake server and a signed-in manager, on one clock.
struct World {
    server: FakeServer,
    clock: ManualClock,
    auth: SessionManager,
}

async fn world() -> World {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    World { server, clock, auth }
}

/// A session as the scripted server returns it.
fn tokens(name: &str) -> Value {
    let mut session = support::session();
    session["access_token"] = json!(format!("access-{name}"));
    session["refresh_token"] = json!(format!("refresh-{name}"));
    session
}

fn ok(name: &str) -> Step {
    Step::json(200, &tokens(name))
}

fn error(status: u16, code: &str) -> Step {
    Step::json(status, &json!({ "code": code, "message": "no" }))
}

/// A scripted server and a manager whose session `first` has expired.
struct Play {
    server: Scripted,
    clock: ManualClock,
    auth: SessionManager,
    store: MemoryStore,
}

async fn play(steps: impl IntoIterator<Item = Step>) -> Play {
    play_within(Duration::from_secs(30), steps).await
}

/// The same with a timeout, which runs in real time.
async fn play_within(timeout: Duration, steps: impl IntoIterator<Item = Step>) -> Play {
    let server = Scripted::start([ok("first")].into_iter().chain(steps)).await;
    let clock = ManualClock::new();
    let client = Client::builder().base_url(&server.url).clock(clock.clone()).timeout(timeout).build().unwrap();
    let store = MemoryStore::new();
    let auth = client.session_manager(store.clone()).await.unwrap();
    auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    clock.advance(2 * HOUR);
    Play { server, clock, auth, store }
}

fn client(server: &Scripted, clock: &ManualClock) -> Client {
    Client::builder().base_url(&server.url).clock(clock.clone()).build().unwrap()
}

impl Play {
    /// The number of refresh requests.
    fn refreshes(&self) -> usize {
        self.server.requests().iter().filter(|line| line.contains("grant_type=refresh_token")).count()
    }

    /// Awaits a future, and advances the clock whenever something sleeps.
    async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::task::yield_now() => if self.clock.sleepers() > 0 {
                    self.clock.advance(Duration::from_millis(50));
                },
            }
        }
    }

    fn ask_in_background(&self) -> tokio::task::JoinHandle<Result<Secret, Error>> {
        let auth = self.auth.clone();
        tokio::spawn(async move { auth.access_token().await })
    }

    fn access_token(&self) -> Option<String> {
        self.auth.session().map(|session| session.access_token().expose().to_owned())
    }
}

/// Short names of the events so far.
async fn names(events: &mut Events) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(event) = poll(events).await {
        names.push(match event {
            Event::InitialSession(None) => "initial: none".to_owned(),
            Event::InitialSession(Some(_)) => "initial: session".to_owned(),
            Event::SignedIn(_) => "signed in".to_owned(),
            Event::TokenRefreshed(_) => "refreshed".to_owned(),
            Event::UserUpdated(_) => "user updated".to_owned(),
            Event::MfaVerified(_) => "mfa verified".to_owned(),
            Event::PasswordRecovery(_) => "recovery".to_owned(),
            Event::SignedOut(SignedOutReason::Requested) => "signed out: requested".to_owned(),
            Event::SignedOut(SignedOutReason::Expired(_)) => "signed out: expired".to_owned(),
            Event::SignedOut(SignedOutReason::Revoked(_)) => "signed out: revoked".to_owned(),
            Event::SignedOut(SignedOutReason::Missing) => "signed out: missing".to_owned(),
            Event::RefreshFailed(_) => "refresh failed".to_owned(),
            Event::Missed(missed) => format!("missed {missed}"),
            other => format!("{other:?}"),
        });
    }
    names
}

/// The next event, if there is one already.
async fn poll(events: &mut Events) -> Option<Event> {
    tokio::select! {
        biased;
        event = events.next() => event,
        () = std::future::ready(()) => None,
    }
}

// ------------------------------------------------------------------------------------------------------ single flight

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_send_one_refresh() {
    let world = world().await;
    let before = world.auth.session().unwrap();
    world.clock.advance(2 * HOUR);
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            let auth = world.auth.clone();
            tokio::spawn(async move { auth.access_token().await.unwrap() })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.push(task.await.unwrap());
    }
    assert_eq!(world.server.count("token"), 1);
    assert!(tokens.iter().all(|token| *token == tokens[0] && token != before.access_token()));
}

#[tokio::test]
async fn dropped_callers_neither_cancel_nor_repeat_the_refresh() {
    let (answer, go) = ok("second").held_back();
    let play = play([answer]).await;
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            let auth = play.auth.clone();
            tokio::spawn(async move { auth.access_token().await.unwrap().expose().to_owned() })
        })
        .collect();
    play.server.received(2).await;
    let (gone, waiting): (Vec<_>, Vec<_>) = tasks.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
    for (_, task) in gone {
        task.abort();
    }
    go.send(()).unwrap();
    for (_, task) in waiting {
        assert_eq!(task.await.unwrap(), "access-second");
    }
    assert_eq!(play.refreshes(), 1);
}

#[tokio::test]
async fn a_refresh_continues_without_any_waiting_caller() {
    let (answer, go) = ok("second").held_back();
    let play = play([answer]).await;
    let task = tokio::spawn({
        let auth = play.auth.clone();
        async move { auth.access_token().await }
    });
    play.server.received(2).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    go.send(()).unwrap();
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
    assert_eq!(play.refreshes(), 1);
}

#[tokio::test]
async fn managers_of_one_store_share_one_refresh() {
    let world = world().await;
    let store = MemoryStore::new();
    let client = world.auth.client().clone();
    let one = client.session_manager(store.clone()).await.unwrap();
    one.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let others = [client.session_manager(store.clone()).await.unwrap(), client.session_manager(store).await.unwrap()];
    world.clock.advance(2 * HOUR);
    let before = world.server.count("token");
    let all = [&one, &others[0], &others[1]];
    let tokens = futures::future::join_all(all.map(SessionManager::access_token)).await;
    assert_eq!(world.server.count("token"), before + 1);
    let first = tokens[0].as_ref().unwrap();
    assert!(tokens.iter().all(|token| token.as_ref().unwrap() == first));
}

#[tokio::test]
async fn a_valid_token_is_returned_without_a_request() {
    let world = world().await;
    let token = world.auth.access_token().await.unwrap();
    world.clock.advance(HOUR - Duration::from_secs(62));
    assert_eq!(world.auth.access_token().await.unwrap(), token);
    assert_eq!(world.server.count("token"), 0);
    world.clock.advance(Duration::from_secs(1));
    // In the last minute a refresh starts, with a tolerance of a second; the valid token is still returned at once.
    assert_eq!(world.auth.access_token().await.unwrap(), token);
    world.auth.refresh().await.unwrap();
    assert_eq!(world.server.count("token"), 1);
    assert_ne!(world.auth.access_token().await.unwrap(), token);
}

// -------------------------------------------------------------------------------------------------------- generations

#[tokio::test]
async fn a_refresh_that_ends_after_a_sign_out_does_not_restore_the_session() {
    let (answer, go) = ok("second").held_back();
    let play = play([answer, Step::Reply(204, vec![], String::new())]).await;
    let mut events = play.auth.events();
    let waiting = tokio::spawn({
        let auth = play.auth.clone();
        async move { auth.access_token().await }
    });
    play.server.received(2).await;
    // The access token has expired, so the sign-out at the server needs a refresh too, which does not matter here.
    let _ = tokio::select! {
        biased;
        done = play.auth.sign_out(SignOutScope::Local) => Some(done),
        () = play.server.received(3) => None,
    };
    assert!(play.auth.session().is_none());
    go.send(()).unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(Error::NoSession)));
    assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
    assert_eq!(names(&mut events).await, ["initial: session", "signed out: requested"]);
}

#[tokio::test]
async fn a_sign_in_during_a_refresh_wins() {
    let (late, go) = ok("late").held_back();
    let play = play([late, ok("new")]).await;
    let mut events = play.auth.events();
    let waiting = tokio::spawn({
        let auth = play.auth.clone();
        async move { auth.access_token().await }
    });
    play.server.received(2).await;
    play.auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    go.send(()).unwrap();
    // Waiting callers receive the token of the new session.
    assert_eq!(waiting.await.unwrap().unwrap().expose(), "access-new");
    assert_eq!(play.access_token().as_deref(), Some("access-new"));
    let stored = play.store.load().await.unwrap().unwrap();
    assert!(String::from_utf8(stored.to_json().unwrap()).unwrap().contains("access-new"));
    assert_eq!(names(&mut events).await, ["initial: session", "signed in"]);
}

// ----------------------------------------------------------------------------------- only the server ends a session

#[tokio::test]
async fn only_a_rejection_of_the_token_ends_a_session() {
    // The refresh is retried with the same token, if a retry may help, and finally fails.
    let failures: [(fn() -> Step, usize); 11] = [
        (|| Step::html(503), 4),
        (|| Step::Close, 4),
        (|| Step::Truncate("{\"access_token\":".to_owned()), 4),
        (|| Step::html(200), 4),
        (|| Step::Reply(200, vec![], String::new()), 1),
        (|| Step::Hang, 1),
        (|| error(429, "over_request_rate_limit"), 1),
        (|| error(409, "conflict"), 4),
        (|| Step::html(408), 4),
        (|| Step::html(500), 4),
        (|| Step::html(504), 4),
    ];
    for (failure, attempts) in failures {
        let steps = (0..attempts).map(|_| failure());
        let play = if let Step::Hang = failure() {
            play_within(Duration::from_millis(200), steps).await
        } else {
            play(steps).await
        };
        let mut events = play.auth.events();
        let failed = play.drive(play.auth.access_token()).await.unwrap_err();
        assert!(!failed.ends_session() && failed.is_retryable(), "{failed}");
        assert_eq!(play.access_token().as_deref(), Some("access-first"), "{failed}");
        assert!(play.store.load().await.unwrap().is_some());
        assert_eq!(play.refreshes(), attempts, "{failed}");
        assert_eq!(names(&mut events).await, ["initial: session", "refresh failed"]);

        // Once the network works again, the refresh succeeds.
        play.server.then(ok("second"));
        play.clock.advance(Duration::from_secs(120));
        assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
        assert_eq!(names(&mut events).await, ["refreshed"]);
    }
}

#[tokio::test]
async fn a_refused_connection_keeps_the_session() {
    let clock = ManualClock::new();
    let server = Scripted::start([ok("first")]).await;
    let store = MemoryStore::new();
    let online = client(&server, &clock).session_manager(store.clone()).await.unwrap();
    online.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    clock.advance(2 * HOUR);

    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let offline = Client::builder().base_url(format!("http://{unused}")).clock(clock.clone()).build().unwrap();
    // It starts offline, with the session from the store.
    let auth = offline.session_manager(store).await.unwrap();
    let play = Play { server, clock, auth, store: MemoryStore::new() };
    let failed = play.drive(play.auth.access_token()).await.unwrap_err();
    assert!(matches!(failed, Error::Connection(_)), "{failed}");
    assert_eq!(play.access_token().as_deref(), Some("access-first"));
}

#[tokio::test]
async fn each_rejection_ends_the_session_once() {
    let verdicts = [
        (400, "refresh_token_not_found", "signed out: revoked"),
        (400, "refresh_token_already_used", "signed out: revoked"),
        (400, "session_not_found", "signed out: revoked"),
        (400, "session_expired", "signed out: expired"),
        (400, "user_banned", "signed out: revoked"),
        (403, "user_not_found", "signed out: revoked"),
    ];
    for (status, code, event) in verdicts {
        let play = play([error(status, code)]).await;
        let mut events = play.auth.events();
        let callers = (0..10).map(|_| play.auth.access_token());
        for failed in futures::future::join_all(callers).await {
            assert_eq!(failed.unwrap_err().code().map(ErrorCode::as_str), Some(code));
        }
        assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
        assert!(matches!(play.auth.access_token().await, Err(Error::NoSession)));
        assert_eq!(play.refreshes(), 1);
        assert_eq!(names(&mut events).await, ["initial: session", event]);
    }
}

#[tokio::test]
async fn invalid_grant_of_an_older_server_ends_the_session() {
    let body = json!({ "error": "invalid_grant", "error_description": "Invalid Refresh Token: Already Used" });
    let play = play([Step::json(400, &body)]).await;
    assert!(play.auth.access_token().await.unwrap_err().ends_session());
    assert!(play.auth.session().is_none());
}

#[tokio::test]
async fn a_permanent_error_that_does_not_reject_the_token_keeps_the_session() {
    let play = play([error(400, "bad_json")]).await;
    let failed = play.auth.access_token().await.unwrap_err();
    assert!(!failed.is_retryable() && !failed.ends_session());
    assert_eq!((play.access_token().as_deref(), play.refreshes()), (Some("access-first"), 1));
}

#[tokio::test]
async fn a_valid_token_stays_usable_after_a_failed_refresh() {
    let play = play([ok("second"), error(400, "bad_json"), Step::Hang]).await;
    play.auth.access_token().await.unwrap();
    play.clock.advance(HOUR - Duration::from_secs(30));
    assert!(play.auth.refresh().await.is_err());
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
    assert_eq!(play.refreshes(), 2);

    // While the token is valid, no caller waits for a server that hangs. Nothing is sent until the end of the pause.
    play.clock.advance(Duration::from_secs(2));
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
    play.server.received(4).await;
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
    assert_eq!(play.refreshes(), 3);
}

#[tokio::test]
async fn a_rejected_token_does_not_end_the_session_if_the_store_has_a_newer_one() {
    let (answer, go) = error(400, "refresh_token_already_used").held_back();
    let play = play([answer, ok("newer")]).await;
    let mut events = play.auth.events();
    let waiting = play.ask_in_background();
    play.server.received(2).await;
    another_process_refreshes(&play).await;
    go.send(()).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().expose(), "access-newer");
    assert_eq!(names(&mut events).await, ["initial: session", "refreshed"]);
}

#[tokio::test]
async fn an_expired_newer_session_from_the_store_is_refreshed() {
    let (answer, go) = error(400, "refresh_token_already_used").held_back();
    let play = play([answer, ok("newer"), ok("newest")]).await;
    let mut events = play.auth.events();
    let waiting = play.ask_in_background();
    play.server.received(2).await;
    another_process_refreshes(&play).await;
    play.clock.advance(2 * HOUR);
    go.send(()).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().expose(), "access-newest");
    assert_eq!(names(&mut events).await, ["initial: session", "refreshed", "refreshed"]);
}

/// A process that does not use our locks and is faster.
async fn another_process_refreshes(play: &Play) {
    let record = play.store.load().await.unwrap().unwrap();
    let other = client(&play.server, &play.clock).session_manager(MemoryStore::new()).await.unwrap();
    let newer = other.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let mut json: Value = serde_json::from_slice(&record.to_json().unwrap()).unwrap();
    json["revision"] = json!("00000000-0000-4000-8000-000000000001");
    json["session"] = serde_json::to_value(newer).unwrap();
    let newer = gotrue::store::StoredSession::from_json(json.to_string().as_bytes()).unwrap();
    assert!(play.store.compare_and_swap(Some(record.revision()), Some(newer)).await.unwrap());
}

#[tokio::test]
async fn a_session_that_another_process_has_removed_is_missing() {
    let play = play([]).await;
    let mut events = play.auth.events();
    let record = play.store.load().await.unwrap().unwrap();
    assert!(play.store.compare_and_swap(Some(record.revision()), None).await.unwrap());
    assert!(matches!(play.auth.access_token().await, Err(Error::NoSession)));
    assert_eq!(names(&mut events).await, ["initial: session", "signed out: missing"]);
    assert_eq!(play.refreshes(), 0);
}

// ------------------------------------------------------------------------------------------------------------ back-off

#[tokio::test]
async fn a_temporary_failure_is_retried_with_the_same_token() {
    let play = play([Step::html(503), Step::Close, error(409, "conflict"), ok("second")]).await;
    let mut events = play.auth.events();
    let token = play.drive(play.auth.access_token()).await.unwrap();
    assert_eq!((token.expose(), play.refreshes()), ("access-second", 4));
    assert_eq!(names(&mut events).await, ["initial: session", "refreshed"]);
}

#[tokio::test]
async fn the_pause_after_failed_refreshes_grows() {
    // A caller who has no good token tries every five seconds at most; the pauses before that are shorter. This used to
    // be up to two minutes, in which a server that was up again was not asked.
    let play = play(std::iter::repeat_with(|| error(400, "bad_json")).take(100)).await;
    let started = play.clock.uptime();
    for _ in 0..3_000 {
        assert!(play.auth.access_token().await.is_err());
        play.clock.advance(Duration::from_millis(100));
    }
    assert_eq!(play.clock.uptime() - started, Duration::from_secs(300));
    let refreshes = play.refreshes();
    assert!((59..=66).contains(&refreshes), "{refreshes} refreshes in five minutes");
    assert!(play.auth.session().is_some());
}

#[tokio::test]
async fn a_retry_after_of_the_server_is_respected() {
    let busy = |wait: &str| {
        let headers = vec![("content-type", "application/json".to_owned()), ("retry-after", wait.to_owned())];
        Step::Reply(429, headers, json!({ "code": "over_request_rate_limit", "message": "no" }).to_string())
    };
    let play = play([busy("2"), ok("second"), busy("600"), ok("third")]).await;
    let before = play.clock.uptime();
    let token = play.drive(play.auth.access_token()).await.unwrap();
    assert_eq!(token.expose(), "access-second");
    assert!(play.clock.uptime() - before >= Duration::from_secs(2));

    play.clock.advance(2 * HOUR);
    let failed = play.auth.access_token().await.unwrap_err();
    assert_eq!(failed.retry_after(), Some(Duration::from_secs(600)));
    play.clock.advance(Duration::from_secs(599));
    assert!(play.auth.access_token().await.is_err());
    assert_eq!(play.refreshes(), 3);
    play.clock.advance(Duration::from_secs(1));
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-third");
}

// --------------------------------------------------------------------------------------------------------------- clock

#[tokio::test]
async fn a_clock_that_is_off_by_a_day_causes_neither_a_refresh_storm_nor_a_sign_out() {
    let day = chrono::Duration::days(1);
    for off in [-day, day] {
        let clock = ManualClock::new();
        let server = FakeServer::builder().clock(clock.clone()).start().await;
        // The clock of the device is wrong from the start.
        let device = ManualClock::at(clock.now() + off);
        let client = server.client_builder().clock(device.clone()).build().unwrap();
        let store = MemoryStore::new();
        let auth = client.session_manager(store.clone()).await.unwrap();
        auth.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
        for _ in 0..100 {
            auth.user().get().await.unwrap();
        }
        assert_eq!(server.count("token"), 0, "{off}");
        assert_eq!(client.clock_skew(), Some(-off));

        // The clock is corrected while the session is in use: nothing happens.
        device.set(clock.now());
        for _ in 0..100 {
            auth.user().get().await.unwrap();
        }
        assert_eq!(server.count("token"), 0, "{off}");

        // It restarts with the right time and the session from the store: at most one refresh.
        let again = client.session_manager(store).await.unwrap();
        for _ in 0..100 {
            again.user().get().await.unwrap();
        }
        assert!(server.count("token") <= 1, "{off}: {}", server.count("token"));
        assert!(again.session().is_some());

        // Time passes for both, and a refresh is due as usual.
        let before = server.count("token");
        clock.advance(2 * HOUR);
        device.advance(2 * HOUR);
        again.user().get().await.unwrap();
        assert_eq!(server.count("token"), before + 1, "{off}");
    }
}

#[tokio::test]
async fn a_session_from_the_store_keeps_its_expiry() {
    let world = world().await;
    let store = MemoryStore::new();
    let client = world.auth.client();
    let auth = client.session_manager(store.clone()).await.unwrap();
    let token = auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap().access_token().clone();
    world.clock.advance(HOUR / 2);
    let again = client.session_manager(store.clone()).await.unwrap();
    assert_eq!(again.access_token().await.unwrap(), token);
    world.clock.advance(HOUR / 2);
    let again = client.session_manager(store).await.unwrap();
    assert_ne!(again.access_token().await.unwrap(), token);
}

// ------------------------------------------------------------------------------------------------------------ sign-out

#[tokio::test]
async fn signing_out_works_offline() {
    let play = play([ok("second"), Step::Close]).await;
    play.auth.access_token().await.unwrap();
    let mut events = play.auth.events();
    let told = play.auth.sign_out(SignOutScope::Local).await;
    assert!(matches!(told, Err(Error::Connection(_))), "for information: {told:?}");
    assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
    assert_eq!(names(&mut events).await, ["initial: session", "signed out: requested"]);
    // A second sign-out sends nothing.
    play.auth.sign_out(SignOutScope::Local).await.unwrap();
    assert!(names(&mut events).await.is_empty());
}

#[tokio::test]
async fn signing_out_with_an_expired_token_also_ends_the_session_at_the_server() {
    let world = world().await;
    let session = world.auth.session().unwrap();
    world.clock.advance(2 * HOUR);
    world.auth.sign_out(SignOutScope::Local).await.unwrap();
    assert!(world.auth.session().is_none());
    let gone = world.auth.client().refresh(session.refresh_token()).await.unwrap_err();
    assert!(gone.ends_session(), "{gone}");
}

#[tokio::test]
async fn a_session_that_the_server_no_longer_has_is_signed_out() {
    for (status, code) in [(403, "session_not_found"), (404, "user_not_found"), (403, "user_not_found")] {
        let play = play([ok("second"), error(status, code)]).await;
        play.auth.access_token().await.unwrap();
        play.auth.sign_out(SignOutScope::Global).await.unwrap();
        assert!(play.auth.session().is_none());
        assert_eq!(play.server.requests().len(), 3);
    }
}

/// Refusals of a sign-out that are not about the session. They used to count as done, although the refresh token lives
/// on.
#[tokio::test]
async fn a_refusal_that_is_not_about_the_session_is_not_a_sign_out() {
    let no_content = || Step::Reply(204, Vec::new(), String::new());
    for refusal in [|| error(403, "bad_jwt"), || error(401, "no_authorization"), || Step::html(401), || Step::html(403)]
    {
        let play = play([ok("second"), refusal(), ok("third"), no_content()]).await;
        play.auth.access_token().await.unwrap();
        play.auth.sign_out(SignOutScope::Local).await.unwrap();
        let requests = play.server.requests();
        assert!(
            requests[3].contains("grant_type=refresh_token") && requests[4].starts_with("POST /logout"),
            "{requests:?}"
        );

        // The second refusal is the last word.
        let play = self::play([ok("second"), refusal(), ok("third"), refusal()]).await;
        play.auth.access_token().await.unwrap();
        assert!(play.auth.sign_out(SignOutScope::Local).await.is_err());
        assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
    }
    for refusal in
        [|| Step::html(404), || error(403, "user_banned"), || error(422, "validation_failed"), || Step::html(500)]
    {
        let play = play([ok("second"), refusal(), error(400, "user_banned")]).await;
        play.auth.access_token().await.unwrap();
        assert!(play.auth.sign_out(SignOutScope::Local).await.is_err());
    }
}

/// Every 400 that refuses the refresh token itself, in response to a refresh. The tokens of an older form used to be
/// kept for ever.
#[tokio::test]
async fn a_refresh_token_that_is_refused_for_good_ends_the_session() {
    let refused = |body: Value| Step::json(400, &body);
    for body in [
        json!({ "code": "validation_failed", "message": "Refresh token is not valid" }),
        json!({ "code": 400, "error_code": "validation_failed", "msg": "Refresh token is not valid" }),
        json!({ "code": "validation_failed", "message": "Invalid Refresh Token: Not Issued By This Server" }),
        json!({ "error": "invalid_grant", "error_description": "Invalid Refresh Token" }),
    ] {
        let play = play([refused(body.clone())]).await;
        assert!(play.auth.access_token().await.unwrap_err().ends_session(), "{body}");
        assert!(play.auth.session().is_none());
    }
    // The same code in response to another request, or with another status, says nothing about the session.
    let play = play([error(422, "validation_failed"), ok("second"), error(400, "validation_failed")]).await;
    assert!(!play.auth.access_token().await.unwrap_err().ends_session());
    play.clock.advance(Duration::from_secs(10));
    assert!(!play.auth.user().get().await.unwrap_err().ends_session());
    assert!(play.auth.session().is_some());
}

/// A session of another user in response to a refresh.
#[tokio::test]
async fn a_refresh_never_changes_the_user() {
    let mut foreign = tokens("foreign");
    foreign["user"]["id"] = json!("00000000-0000-4000-8000-000000000001");
    let play = play([Step::json(200, &foreign)]).await;
    let error = play.auth.access_token().await.unwrap_err();
    assert!(matches!(error, Error::UnreadableResponse(_)), "{error:?}");
    assert_eq!(play.access_token().as_deref(), Some("access-first"));
}

/// Lifetimes that make every token due at once.
#[tokio::test]
async fn a_lifetime_of_nothing_does_not_refresh_at_each_call() {
    for expires_in in [0, -5, 1] {
        let lifetime = |name: &str| {
            let mut tokens = tokens(name);
            tokens["expires_in"] = json!(expires_in);
            Step::json(200, &tokens)
        };
        let play = play((0..200).map(|n| lifetime(&n.to_string()))).await;
        for _ in 0..200 {
            play.auth.access_token().await.unwrap();
        }
        assert_eq!(play.refreshes(), 1, "expires_in {expires_in}");
    }
}

/// Expiry counts from before the request was sent: a response that takes its time brings a token that is partly used
/// up.
#[tokio::test]
async fn a_slow_response_does_not_make_its_token_last_longer() {
    let (slow, go) = ok("slow").held_back();
    let play = play([slow, ok("next")]).await;
    let waiting = play.ask_in_background();
    play.server.received(2).await;
    play.clock.advance(HOUR - Duration::from_secs(1));
    go.send(()).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().expose(), "access-next");
}

#[tokio::test]
async fn other_sessions_stay_by_default() {
    let world = world().await;
    let elsewhere = world.auth.client().sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let client = world.auth.client().clone();
    world.auth.sign_out(SignOutScope::Local).await.unwrap();
    client.user(elsewhere.access_token()).get().await.unwrap();

    world.auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    world.auth.sign_out(SignOutScope::Others).await.unwrap();
    assert!(world.auth.session().is_some());
    world.auth.user().get().await.unwrap();
    assert!(client.user(elsewhere.access_token()).get().await.is_err());
}

#[tokio::test]
async fn a_dropped_sign_out_has_signed_out_locally() {
    let (answer, _never) = Step::Reply(204, vec![], String::new()).held_back();
    let play = play([ok("second"), answer]).await;
    play.auth.access_token().await.unwrap();
    tokio::select! {
        biased;
        _ = play.auth.sign_out(SignOutScope::Local) => panic!("the server does not answer"),
        () = play.server.received(3) => {}
    }
    assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
}

// -------------------------------------------------------------------------------------------------------------- events

#[tokio::test]
async fn each_change_has_exactly_one_event() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    let mut events = auth.events();
    assert_eq!(names(&mut events).await, ["initial: none"]);
    auth.sign_out(SignOutScope::Local).await.unwrap();
    assert!(auth.sign_in(Password::email(EMAIL, PASSWORD)).await.is_err());
    assert!(names(&mut events).await.is_empty());

    auth.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    auth.access_token().await.unwrap();
    auth.user().update(ProfileUpdate::new().data(json!({ "a": 1 }))).await.unwrap();
    assert_eq!(auth.session().unwrap().user().user_metadata.as_ref().unwrap()["a"], 1);
    auth.refresh().await.unwrap();
    client.recover(Recover::email(EMAIL)).await.unwrap();
    let code = server.last_message_to(EMAIL).unwrap().code;
    auth.verify_otp(VerifyOtp::email(EMAIL, code).otp_type(OtpType::Recovery)).await.unwrap();
    auth.sign_out(SignOutScope::Local).await.unwrap();
    let seen = names(&mut events).await;
    assert_eq!(seen, ["signed in", "user updated", "refreshed", "recovery", "signed out: requested"]);
    assert_eq!(names(&mut auth.events()).await, ["initial: none"]);
}

#[tokio::test]
async fn a_second_factor_raises_the_level_of_the_stored_session() {
    let world = world().await;
    let mut events = world.auth.events();
    let mfa = world.auth.user().mfa();
    let factor = mfa.enroll_totp(gotrue::user::EnrollTotp::new()).await.unwrap();
    let code = world.server.totp_code(&factor.secret).unwrap();
    let session = world.auth.user().mfa().challenge_and_verify(factor.id, code).await.unwrap();
    let assurance = gotrue::user::Assurance::of(session.access_token(), session.user());
    assert_eq!(assurance.current, Some(gotrue::types::AssuranceLevel::Aal2));
    assert_eq!(world.auth.session().unwrap().access_token(), session.access_token());
    world.auth.refresh().await.unwrap();
    let seen = names(&mut events).await;
    assert_eq!(seen, ["initial: session", "mfa verified", "refreshed"]);
}

#[tokio::test]
async fn a_flow_ends_with_the_event_of_its_kind() {
    let world = world().await;
    let client = world.auth.client();
    let mut flows = client.pkce_flows();
    let mut events = world.auth.events();
    let open = |link: gotrue::Secret| async move {
        let http = gotrue::reqwest::Client::builder().redirect(gotrue::reqwest::redirect::Policy::none());
        let reply = http.build().unwrap().get(link.expose()).send().await.unwrap();
        Callback::parse(&reply.headers()["location"].to_str().unwrap().parse().unwrap())
    };
    let flow = flows.start(FlowKind::Recovery).unwrap();
    let back = flow.redirect_to("https://app.example.com/cb").unwrap();
    client.recover(Recover::email(EMAIL).redirect_to(back).pkce(flow.verifier())).await.unwrap();
    let callback = open(world.server.last_message_to(EMAIL).unwrap().link.unwrap()).await;
    world.auth.sign_in_from_callback(&mut flows, &callback).await.unwrap().session().unwrap();

    let (url, flow) = {
        let flow = flows.start(FlowKind::SignIn).unwrap();
        let back = flow.redirect_to("https://app.example.com/cb").unwrap();
        (client.authorize("github").redirect_to(back).pkce_with(flow.verifier()).unwrap(), flow)
    };
    let reply = gotrue::reqwest::Client::builder().redirect(gotrue::reqwest::redirect::Policy::none()).build().unwrap();
    let to_provider = reply.get(url).send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let callback = open(to_provider.into()).await;
    world.auth.sign_in_from_callback(&mut flows, &callback).await.unwrap().session().unwrap();
    assert!(flows.take(flow.id()).is_err(), "a flow ends once");
    assert_eq!(names(&mut events).await, ["initial: session", "recovery", "signed in"]);

    let lost = Callback::parse(&"https://app.example.com/cb?code=x&flow_id=unknown".parse().unwrap());
    assert!(matches!(world.auth.sign_in_from_callback(&mut flows, &lost).await, Err(Error::MissingVerifier)));
}

#[tokio::test]
async fn a_slow_reader_learns_that_it_missed_events_and_blocks_no_one() {
    let world = world().await;
    let mut slow = world.auth.events();
    for _ in 0..100 {
        world.auth.refresh().await.unwrap();
    }
    let seen = names(&mut slow).await;
    assert_eq!(seen[..2], ["initial: session", "missed 36"]);
    assert_eq!(seen.len(), 2 + 64);
}

#[tokio::test]
async fn any_method_may_be_called_while_handling_an_event() {
    let world = world().await;
    let auth = world.auth.clone();
    let mut events = auth.events();
    let handler = tokio::spawn({
        let auth = auth.clone();
        async move {
            let mut handled = 0;
            while let Some(event) = events.next().await {
                let _ = auth.session();
                let _ = auth.access_token().await;
                let _ = auth.refresh().await;
                let _ = auth.user().get().await;
                let _ = auth.user().update(ProfileUpdate::new().data(json!({ "handled": handled }))).await;
                drop(auth.auto_refresh());
                drop(auth.events());
                let _ = auth.sign_in(Password::email(EMAIL, PASSWORD)).await;
                let _ = auth.sign_out(SignOutScope::Local).await;
                handled += 1;
                if handled == 3 || matches!(event, Event::Missed(_)) {
                    return handled;
                }
            }
            handled
        }
    });
    assert_eq!(handler.await.unwrap(), 3);
}

// --------------------------------------------------------------------------------------------------- background and
// rest

#[tokio::test]
async fn auto_refresh_refreshes_when_due_until_it_is_dropped() {
    let world = world().await;
    let mut events = world.auth.events();
    let guard = world.auth.auto_refresh();
    for round in 1..=3 {
        while world.clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(HOUR - Duration::from_secs(62));
        assert_eq!(world.server.count("token"), round - 1);
        world.clock.advance(Duration::from_secs(2));
        while world.server.count("token") < round {
            tokio::task::yield_now().await;
        }
        // It pauses after each refresh.
        while !names(&mut events).await.contains(&"refreshed".to_owned()) {
            tokio::task::yield_now().await;
        }
        while world.clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(1));
    }
    drop(guard);
    while world.clock.sleepers() > 0 {
        tokio::task::yield_now().await;
    }
    world.clock.advance(10 * HOUR);
    assert_eq!(world.server.count("token"), 3);
}

#[tokio::test]
async fn nothing_runs_in_the_background_by_default() {
    let world = world().await;
    world.clock.advance(100 * HOUR);
    tokio::task::yield_now().await;
    assert_eq!((world.clock.sleepers(), world.server.count("token")), (0, 0));
}

#[tokio::test]
async fn provider_tokens_are_carried_over_a_refresh() {
    let mut with_provider = tokens("oauth");
    with_provider["provider_token"] = json!("gho");
    with_provider["provider_refresh_token"] = json!("ghr");
    let play = play([Step::json(200, &with_provider), ok("second")]).await;
    play.auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let session: Session = play.auth.refresh().await.unwrap();
    assert_eq!(session.access_token().expose(), "access-second");
    assert_eq!(session.provider_token().unwrap().expose(), "gho");
    assert_eq!(session.provider_refresh_token().unwrap().expose(), "ghr");
}

#[tokio::test]
async fn a_pair_of_tokens_becomes_a_session_and_is_refreshed_if_expired() {
    let world = world().await;
    let client = world.auth.client();
    let tokens = client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    let mut events = auth.events();
    let set = |tokens: &Session| {
        let (access, refresh) = (tokens.access_token().clone(), tokens.refresh_token().clone());
        let auth = auth.clone();
        async move { auth.set_session(access, refresh).await }
    };
    world.clock.advance(HOUR / 2);
    let before = world.server.count("token");
    let session = set(&tokens).await.unwrap();
    assert_eq!((session.access_token(), session.expires_in()), (tokens.access_token(), 1800));
    assert_eq!(session.user().email.as_deref(), Some(EMAIL));
    assert_eq!(world.server.count("token"), before);

    // Expired, or with a clock that is off by a day: the server decides.
    world.clock.advance(HOUR);
    let refreshed = set(&tokens).await.unwrap();
    assert_ne!(refreshed.access_token(), tokens.access_token());
    assert_eq!(world.server.count("token"), before + 1);
    assert_eq!(auth.session().unwrap().access_token(), refreshed.access_token());
    assert!(auth.set_session("no-jwt", "no-token-at-all").await.unwrap_err().code().is_some());
    assert_eq!(auth.session().unwrap().access_token(), refreshed.access_token());
    assert_eq!(names(&mut events).await, ["initial: none", "signed in", "signed in"]);
}

#[tokio::test]
async fn without_a_session_there_is_a_clear_error() {
    let world = world().await;
    world.auth.sign_out(SignOutScope::Local).await.unwrap();
    for error in [
        world.auth.access_token().await.map(drop).unwrap_err(),
        world.auth.refresh().await.map(drop).unwrap_err(),
        world.auth.user().get().await.map(drop).unwrap_err(),
        world.auth.sign_out(SignOutScope::Others).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NoSession) && !error.is_retryable() && !error.ends_session());
        assert_eq!(error.to_string(), "no user is signed in");
    }
}

#[tokio::test]
async fn a_manager_can_be_shared() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent<T: Send>(_: &T) {}
    let world = world().await;
    shared(&world.auth);
    sent(&world.auth.access_token());
    sent(&world.auth.sign_in(Password::email(EMAIL, PASSWORD)));
    sent(&world.auth.sign_out(SignOutScope::Local));
    sent(&world.auth.events());
    assert!(!format!("{:?}", world.auth).contains(world.auth.session().unwrap().access_token().expose()));
}
