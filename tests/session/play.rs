//! Signed-in managers with a manual clock: on the fake server, and on a server that follows a script.

use std::{future::Future, pin::pin, time::Duration};

use futures::StreamExt;
use gotrue::{
    Client, Error, Event, MemoryStore, Password, Secret, SessionManager, SignUp,
    manager::{Events, SignedOutReason},
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Value, json};
use support::scripted::{Scripted, Step};

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "correct-horse-7";
pub const HOUR: Duration = Duration::from_secs(3600);

/// A fake server and a signed-in manager, on one clock.
pub struct World {
    pub server: FakeServer,
    pub clock: ManualClock,
    pub auth: SessionManager,
}

pub async fn world() -> World {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    World { server, clock, auth }
}

/// A session as the scripted server returns it.
pub fn tokens(name: &str) -> Value {
    let mut session = support::session();
    session["access_token"] = json!(format!("access-{name}"));
    session["refresh_token"] = json!(format!("refresh-{name}"));
    session
}

pub fn ok(name: &str) -> Step {
    Step::json(200, &tokens(name))
}

pub fn error(status: u16, code: &str) -> Step {
    Step::json(status, &json!({ "code": code, "message": "no" }))
}

/// A scripted server and a manager whose session `first` has expired.
pub struct Play {
    pub server: Scripted,
    pub clock: ManualClock,
    pub auth: SessionManager,
    pub store: MemoryStore,
}

pub async fn play(steps: impl IntoIterator<Item = Step>) -> Play {
    play_within(Duration::from_secs(30), steps).await
}

/// The same with a timeout, which runs in real time.
pub async fn play_within(timeout: Duration, steps: impl IntoIterator<Item = Step>) -> Play {
    let server = Scripted::start([ok("first")].into_iter().chain(steps)).await;
    let clock = ManualClock::new();
    let client = Client::builder().base_url(&server.url).clock(clock.clone()).timeout(timeout).build().unwrap();
    let store = MemoryStore::new();
    let auth = client.session_manager(store.clone()).await.unwrap();
    auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    clock.advance(2 * HOUR);
    Play { server, clock, auth, store }
}

pub fn client(server: &Scripted, clock: &ManualClock) -> Client {
    Client::builder().base_url(&server.url).clock(clock.clone()).build().unwrap()
}

impl Play {
    /// The number of refresh requests.
    pub fn refreshes(&self) -> usize {
        self.server.requests().iter().filter(|line| line.contains("grant_type=refresh_token")).count()
    }

    /// Awaits a future, and advances the clock whenever something sleeps.
    pub async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
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

    pub fn ask_in_background(&self) -> tokio::task::JoinHandle<Result<Secret, Error>> {
        let auth = self.auth.clone();
        tokio::spawn(async move { auth.access_token().await })
    }

    pub fn access_token(&self) -> Option<String> {
        self.auth.session().map(|session| session.access_token().expose().to_owned())
    }
}

/// Short names of the events so far.
pub async fn names(events: &mut Events) -> Vec<String> {
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
pub async fn poll(events: &mut Events) -> Option<Event> {
    tokio::select! {
        biased;
        event = events.next() => event,
        () = std::future::ready(()) => None,
    }
}
