//! Signing in and out, and the user's own account.

use gotrue::SignUp;
use gotrue_fake::FakeServer;

use super::terminal::{SEED, Terminal};

pub const ADDRESS: &str = "ada@example.com";
pub const PASSWORD: &str = "correct-horse-7";

/// Starts a server with one user.
pub async fn server_with_ada() -> FakeServer {
    let server = FakeServer::builder().seed(SEED).start().await;
    server.client().unwrap().sign_up(SignUp::email(ADDRESS, PASSWORD)).await.unwrap();
    server
}

#[tokio::test]
async fn session_lifecycle() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("whoami");
    terminal.answer("login ada@example.com", PASSWORD);
    terminal.run("whoami");
    terminal.run("token");
    terminal.run("token --json");
    terminal.run("user update --data '{\"favorite_language\": \"rust\"}'");
    terminal.run("logout");
    terminal.run("logout");
    terminal.run("token");
    terminal.assert_record("session");
}

#[tokio::test]
async fn login_prompts_for_a_missing_address() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    assert_eq!(terminal.answer("login", "ada@example.com\ncorrect-horse-7\n").exit, 0);
    assert_eq!(terminal.run("whoami").exit, 0);
}

#[tokio::test]
async fn login_with_a_code_from_a_mail() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let mut login = terminal.start("login --otp ada@example.com");
    login.line_with("sent a message to");
    login.type_line(server.last_message_to(ADDRESS).unwrap().code.expose());
    assert_eq!(login.exit(), 0);
    assert_eq!(terminal.run("whoami").exit, 0);
}

#[tokio::test]
async fn login_creates_a_user_only_with_sign_up() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let refused = terminal.answer("login --otp grace@example.com", "123456");
    assert_eq!(refused.exit, 1);
    assert!(refused.err.contains("--sign-up"), "{}", refused.err);
    let mut login = terminal.start("login --otp --sign-up grace@example.com");
    login.line_with("sent a message to");
    login.type_line(server.last_message_to("grace@example.com").unwrap().code.expose());
    assert_eq!(login.exit(), 0);
}

#[tokio::test]
async fn token_refresh_returns_a_new_token() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    let first = terminal.run("token").out;
    assert_eq!(terminal.run("token").out, first);
    assert_ne!(terminal.run("token --refresh").out, first);
    assert_eq!(server.count("token"), 2);
}

#[tokio::test]
async fn user_update_prompts_for_a_new_password() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    assert_eq!(terminal.answer("user update --password", "better-horse-8").exit, 0);
    assert_eq!(terminal.answer("login ada@example.com", PASSWORD).exit, 1);
    assert_eq!(terminal.answer("login ada@example.com", "better-horse-8").exit, 0);
}

#[tokio::test]
async fn login_with_a_pasted_link_instead_of_a_code() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let mut login = terminal.start("login --otp ada@example.com");
    login.line_with("sent a message to ada@example.com");
    login.type_line(server.last_message_to(ADDRESS).unwrap().link.unwrap().expose());
    assert_eq!(login.exit(), 0);
    assert_eq!(terminal.run("whoami").exit, 0);
}

#[tokio::test]
async fn login_with_a_code_that_was_sent_before() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    server.client().unwrap().send_otp(gotrue::SignInMessage::email(ADDRESS).create_user(false)).await.unwrap();
    let code = server.last_message_to(ADDRESS).unwrap().code;
    let done = terminal.answer("login --code ada@example.com", code.expose());
    assert_eq!(done.exit, 0, "{}", done.err);
    assert_eq!(server.messages_to(ADDRESS).len(), 1, "no other code is sent");
}

#[tokio::test]
async fn login_anonymously() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    assert_eq!(terminal.run("login --anonymous").exit, 0);
    assert!(terminal.run("whoami").out.contains("anonymous"));
}
