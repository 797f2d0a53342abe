//! `gotrue doctor`, `health` and `settings`.

use std::{process::Stdio, time::Duration};

use gotrue::{
    Clock, SystemClock,
    serde_json::{self, Value, json},
};
use gotrue_fake::{FakeServer, Fault, ManualClock};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::{
    terminal::{Done, Terminal},
    user_server::{State, UserServer, user, users},
};

/// The statuses of a check, and its messages and hints.
fn results(done: &Done, check: &str) -> (Vec<String>, String) {
    let results: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_check: Vec<_> = results.iter().filter(|result| result["check"] == check).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let statuses = of_check.iter().map(|result| text(&result["status"])).collect();
    (statuses, of_check.iter().map(|result| text(&result["message"]) + &text(&result["hint"])).collect())
}

async fn serve(server: &MockServer, path: &str, body: Value) {
    Mock::given(matchers::path(path)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(server).await;
}

async fn serve_settings(server: &MockServer, settings: Value) {
    serve(server, "/health", json!({ "name": "GoTrue", "version": "v2.1", "description": "" })).await;
    serve(server, "/settings", settings).await;
    serve(server, "/.well-known/jwks.json", json!({ "keys": [] })).await;
}

#[tokio::test]
async fn a_healthy_server() {
    let server = FakeServer::start().await;
    let done = Terminal::at(&server).run("doctor --users --json");
    assert_eq!(done.exit, 0, "{}{}", done.out, done.err);
    for check in ["server", "clock", "service key", "signing keys", "users"] {
        assert_eq!(results(&done, check).0, ["ok"], "{check}: {}", done.out);
    }
    let text = Terminal::at(&server).run("doctor").out;
    assert!(text.contains("ok       server: GoTrue"), "{text}");
}

/// As in `gotrue doctor | head -0`.
#[tokio::test]
async fn a_failed_check_is_a_failure_even_if_the_output_is_not_read() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.set("GOTRUE_SERVICE_KEY", "wrong");
    let mut child = terminal.command("doctor").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[tokio::test]
async fn a_server_that_does_not_answer() {
    let server = FakeServer::start().await;
    server.fail(Fault::empty(503).times(100));
    assert_eq!(Terminal::at(&server).run("doctor").exit, 3);
}

#[tokio::test]
async fn a_clock_that_differs() {
    let clock = ManualClock::new();
    clock.set(SystemClock.now() - Duration::from_secs(300));
    let server = FakeServer::builder().clock(clock).start().await;
    let done = Terminal::at(&server).run("doctor --json");
    let (statuses, text) = results(&done, "clock");
    assert_eq!((statuses, done.exit), (vec!["failed".to_owned()], 1), "{}", done.out);
    assert!(text.contains("NTP"), "{text}");
}

#[tokio::test]
async fn keys_that_do_not_work() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.set("GOTRUE_API_KEY", server.service_key().expose());
    terminal.set("GOTRUE_SERVICE_KEY", server.api_key().expose());
    let done = terminal.run("doctor --json");
    assert_eq!(done.exit, 1);
    assert_eq!(results(&done, "API key").0, ["failed"]);
    assert_eq!(results(&done, "service key").0, ["failed"]);
    assert!(!done.out.contains(server.service_key().expose()));
    let without = Terminal::new().run(&format!("doctor --json --url {}", server.url()));
    assert_eq!((results(&without, "service key").0, without.exit), (vec!["warning".to_owned()], 0));
}

#[tokio::test]
async fn settings_that_are_risky_or_contradictory() {
    for (settings, expected) in [
        (json!({ "external": { "email": true }, "mailer_autoconfirm": true }), "anyone can sign up with any email"),
        (json!({ "external": { "phone": true }, "phone_autoconfirm": true, "sms_provider": "x" }), "any phone number"),
        (json!({ "external": { "phone": true } }), "no SMS provider"),
        (json!({ "external": { "anonymous_users": true }, "disable_signup": true }), "anonymous sign-ins"),
        (json!({ "external": { "email": false } }), "no sign-in method"),
    ] {
        let stub = MockServer::start().await;
        serve_settings(&stub, settings).await;
        let done = Terminal::new().run(&format!("doctor --json --url {}", stub.uri()));
        let (statuses, text) = results(&done, "settings");
        assert_eq!(statuses, ["warning"], "{expected}: {}", done.out);
        assert!(text.contains(expected) && text.contains("GOTRUE_"), "{text}");
    }
}

#[tokio::test]
async fn users_that_the_server_cannot_read() {
    let mut all = users(700);
    all.push(user(700, "Ada@example.com"));
    let state = State { users: all, unreadable: Some(300), is_ordered: true, ..State::default() };
    let stub = UserServer::start(state).await;
    serve_settings(&stub.server, json!({ "external": { "email": true } })).await;
    let done = Terminal::at_url(&stub.server.uri(), "service-key").run("doctor --users --json");
    let (statuses, text) = results(&done, "users");
    assert_eq!((statuses.len(), done.exit), (2, 1), "{}", done.out);
    assert!(text.contains("newest first: 301") && text.contains("coalesce"), "{text}");
    assert!(text.contains("1 user cannot sign in") && text.contains("000000000700"), "{text}");
}

#[tokio::test]
async fn health_waits_for_a_server() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    server.fail(Fault::empty(503).of("health").times(20));
    assert_eq!(terminal.run("health --wait 0s").exit, 3);
    assert_eq!(terminal.run("health --wait 1m").exit, 0);
}

#[tokio::test]
async fn settings_of_two_servers_are_compared() {
    let (one, other) = (MockServer::start().await, MockServer::start().await);
    serve_settings(&one, json!({ "external": { "email": true, "github": false }, "disable_signup": true })).await;
    serve_settings(&other, json!({ "external": { "email": true, "github": true } })).await;
    let mut terminal = Terminal::new();
    terminal.run(&format!("profile add one --url {}", one.uri()));
    let done = terminal.run(&format!("settings diff one {} --json", other.uri()));
    let differing: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        differing,
        [
            json!({ "setting": "disable_signup", "one": true, "other": null }),
            json!({ "setting": "external.github", "one": false, "other": true }),
        ]
    );
    assert!(terminal.run("settings diff one one").err.contains("the same"));
    assert_eq!(terminal.run("settings diff one two").exit, 5);
}
