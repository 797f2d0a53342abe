//! What goes wrong: exit codes, words and hints.

use std::{net::TcpListener, process::Stdio};

use gotrue::serde_json;
use gotrue_fake::FakeServer;

use super::{account::server_with_ada, terminal::Terminal};

/// The URL of a port that nobody listens on.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn each_kind_has_its_exit_code_and_hint() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", "wrong-horse-7");
    terminal.run("users get grace@example.com");
    terminal.run("users get 4c7ff6f3-c42b-4426-a6b0-bd65e88e3896");
    terminal.run("users create");
    terminal.run("users list --service-key no-key");
    terminal.run("--url ftp://example.com health");
    terminal.run("users delete ada@example.com");
    terminal.run("users create ada@example.com --app-metadata 7");
    terminal.run("login --otp --magic-link ada@example.com");
    terminal.assert_record("failures");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_worth_another_try() {
    let mut terminal = Terminal::new();
    let done = terminal.run(&format!("--url {} health", nobody()));
    assert_eq!(done.exit, 3, "{}", done.err);
    assert!(done.err.contains("hint: is the server up"), "{}", done.err);
}

#[tokio::test]
async fn programs_get_errors_as_json() {
    let server = FakeServer::start().await;
    let done = Terminal::at(&server).answer("--json login ada@example.com", "wrong-horse-7");
    let error: serde_json::Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!(error["error"]["code"], "invalid_credentials");
    assert_eq!(error["error"]["status"], 400);
    assert_eq!(error["error"]["exit"], done.exit);
}

#[tokio::test]
async fn an_operator_needs_a_key() {
    let server = FakeServer::start().await;
    let done = Terminal::new().run(&format!("--url {} users list", server.url()));
    assert_eq!(done.exit, 4);
    assert!(done.err.contains("GOTRUE_SERVICE_KEY"), "{}", done.err);
    assert!(server.requests().is_empty());
}

/// As `gotrue users list | head -0` does.
#[tokio::test]
async fn a_reader_that_has_had_enough_is_no_failure() {
    let server = server_with_ada().await;
    let terminal = Terminal::at(&server);
    let mut child = terminal.command("users list --json").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn names_from_outside_cannot_move_the_cursor() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let metadata = r#"{"name": "\u001b[2Jada\u009b2J"}"#;
    let done = terminal.run(&format!("users create ada@example.com --user-metadata '{metadata}'"));
    assert!(!done.out.contains(['\u{1b}', '\u{9b}']), "{:?}", done.out);
}
