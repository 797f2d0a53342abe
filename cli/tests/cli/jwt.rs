//! Inspecting and verifying tokens.

use std::time::Duration;

use gotrue::Clock;
use gotrue_fake::{FakeServer, ManualClock};

use super::{
    account::{PASSWORD, server_with_ada},
    terminal::Terminal,
};

#[tokio::test]
async fn inspect_and_verify() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    terminal.run("jwt inspect");
    terminal.run("jwt verify");
    terminal.run("jwt verify --audience another-audience");
    terminal.run("jwt verify no-token");
    terminal.assert_record("jwt");
}

#[tokio::test]
async fn a_token_from_standard_input() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    let token = terminal.run("token").out;
    assert_eq!(terminal.answer("jwt verify -", &token).exit, 0);
}

#[tokio::test]
async fn a_forged_token_is_rejected() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    let token = terminal.run("token").out;
    let (message, _) = token.trim().rsplit_once('.').unwrap();
    let done = terminal.run(&format!("jwt verify {message}.AAAA"));
    assert_eq!(done.exit, 1);
    assert!(done.err.contains("signature"), "{}", done.err);
}

/// The API keys of a project are JWTs without a user.
#[tokio::test]
async fn inspect_a_service_key() {
    let server = FakeServer::start().await;
    let done = Terminal::at(&server).run(&format!("jwt inspect {}", server.service_key().expose()));
    assert!(done.out.contains("service_role"), "{}{}", done.out, done.err);
}

#[tokio::test]
async fn an_expired_token() {
    let clock = ManualClock::new();
    // A day ago, by the clock of this machine.
    clock.set(gotrue::SystemClock.now() - Duration::from_secs(24 * 60 * 60));
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let sign_up = gotrue::SignUp::email("ada@example.com", PASSWORD);
    let session = server.client().unwrap().sign_up(sign_up).await.unwrap().session().unwrap();
    // The verifier goes by the clock of the server.
    clock.set(gotrue::SystemClock.now());
    let mut terminal = Terminal::at(&server);
    let token = session.access_token().expose();
    assert!(terminal.run(&format!("jwt inspect {token}")).err.contains("the token expired 23h"));
    let done = terminal.run(&format!("jwt verify {token}"));
    assert_eq!(done.exit, 1);
    assert!(done.err.contains("expired at"), "{}", done.err);
}
