//! A machine that is suspended: the wall clock and the server's clock go on, timers do not.

use std::time::Duration;

use gotrue::{Error, MemoryStore, Password, SessionManager, SignOutScope, SignUp};
use gotrue_fake::{FakeServer, ManualClock};

const NIGHT: Duration = Duration::from_secs(8 * 3600);

struct Laptop {
    server: FakeServer,
    clock: ManualClock,
    auth: SessionManager,
}

async fn laptop() -> Laptop {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    Laptop { server, clock, auth }
}

/// Lets the other tasks run until the condition holds.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_that_expired_during_the_night_is_refreshed() {
    let Laptop { server, clock, auth } = laptop().await;
    clock.suspend(NIGHT);
    auth.user().get().await.unwrap();
    assert_eq!(server.count("token"), 1);
}

#[tokio::test]
async fn a_background_refresh_goes_on_in_the_morning() {
    let Laptop { server, clock, auth } = laptop().await;
    let _fresh = auth.auto_refresh();
    until(|| clock.sleepers() > 0).await;
    clock.suspend(NIGHT);
    // Timers notice it with their next slice.
    clock.advance(Duration::from_secs(5));
    until(|| server.count("token") == 1).await;
}

#[tokio::test]
async fn many_sessions_are_refreshed_in_the_morning() {
    let Laptop { server, clock, auth } = laptop().await;
    let fresh = auth.client().keep_fresh(4);
    let mut others = Vec::new();
    for _ in 0..10 {
        let other = auth.client().session_manager(MemoryStore::new()).await.unwrap();
        other.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
        fresh.add(&other);
        others.push(other);
    }
    until(|| clock.sleepers() > 0).await;
    let before = server.count("token");
    clock.suspend(NIGHT);
    clock.advance(Duration::from_secs(5));
    until(|| server.count("token") == before + 10).await;
    for other in &others {
        other.user().get().await.unwrap();
    }
}

#[tokio::test]
async fn a_sign_out_in_the_morning_ends_the_session_at_the_server() {
    let Laptop { server: _server, clock, auth } = laptop().await;
    let session = auth.session().unwrap();
    clock.suspend(NIGHT);
    auth.sign_out(SignOutScope::Local).await.unwrap();
    assert!(auth.client().refresh(session.refresh_token()).await.unwrap_err().ends_session());
}

#[tokio::test]
async fn a_flow_that_was_open_has_expired() {
    let Laptop { server: _server, clock, auth } = laptop().await;
    let mut flows = auth.client().pkce_flows();
    let flow = flows.start(gotrue::auth::FlowKind::SignIn).unwrap();
    let url = flow.redirect_to("https://app.example.com/cb").unwrap();
    let callback = format!("{url}&code=8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10").parse().unwrap();
    clock.suspend(NIGHT);
    let callback = gotrue::Callback::parse(&callback);
    let error = auth.sign_in_from_callback(&mut flows, &callback).await.unwrap_err();
    assert!(matches!(error, Error::MissingVerifier), "{error}");
}

#[tokio::test]
async fn keys_are_fetched_again_in_the_morning() {
    let Laptop { server, clock, auth } = laptop().await;
    let verifier = auth.client().jwt_verifier().audience("authenticated");
    verifier.verify(&auth.access_token().await.unwrap()).await.unwrap();
    assert_eq!(server.count("jwks"), 1);
    clock.suspend(NIGHT);
    verifier.verify(&auth.access_token().await.unwrap()).await.unwrap();
    until(|| server.count("jwks") == 2).await;
}
