//! Failures: exit codes, messages and hints.

use std::{net::TcpListener, process::Stdio};

use gotrue::serde_json;
use gotrue_fake::FakeServer;

use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::{
    account::{PASSWORD, server_with_ada},
    terminal::Terminal,
};

/// Returns the URL of a port without a listener.
fn unused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn exit_codes_and_hints() {
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
async fn an_unreachable_server_is_unavailable() {
    let mut terminal = Terminal::new();
    let done = terminal.run(&format!("--url {} health", unused_url()));
    assert_eq!(done.exit, 3, "{}", done.err);
    assert!(done.err.contains("hint: check that the server is up"), "{}", done.err);
}

#[tokio::test]
async fn errors_as_json() {
    let server = FakeServer::start().await;
    let done = Terminal::at(&server).answer("--json login ada@example.com", "wrong-horse-7");
    let error: serde_json::Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!(error["error"]["code"], "invalid_credentials");
    assert_eq!(error["error"]["status"], 400);
    assert_eq!(error["error"]["exit"], done.exit);
}

#[test]
fn errors_of_the_command_line_as_json() {
    let mut terminal = Terminal::new();
    for (line, message, hint) in [
        ("--json whoami --colour", "unexpected argument '--colour' found", "usage: gotrue whoami [OPTIONS]"),
        ("whoami --jsn --json", "unexpected argument '--jsn' found", "a similar argument exists: '--json'"),
        ("invite --json", "the following required arguments were not provided: <EMAIL>", "usage: gotrue invite"),
        ("users import x --parallel 0 --json", "invalid value '0' for '--parallel <NUMBER>': 0 is not in 1..=256", ""),
        ("users list --profile --json", "a value is required for '--profile <NAME>' but none was supplied", ""),
        ("login --otp --magic-link a --json", "the argument '--otp' cannot be used with '--magic-link'", "usage: "),
        ("users lst --json", "unrecognized subcommand 'lst'", "some similar subcommands exist: 'ls', 'list'"),
        ("jwt zzz --json", "unrecognized subcommand 'zzz'", "usage: gotrue jwt [OPTIONS] <COMMAND>"),
        ("users --json", "'gotrue users' requires a subcommand but one was not provided", "usage: gotrue users"),
        ("--json users", "expected a subcommand or an argument", "list them with --help"),
    ] {
        let done = terminal.run(line);
        assert_eq!((done.exit, done.out.as_str()), (2, ""), "{line}: {}", done.err);
        let error: serde_json::Value = serde_json::from_str(&done.err).unwrap_or_else(|_| panic!("{}", done.err));
        let error = &error["error"];
        assert!(error["message"].as_str().unwrap().starts_with(message), "{line}: {error}");
        assert!(error["hint"].as_str().unwrap_or_default().starts_with(hint), "{line}: {error}");
        assert_eq!((&error["exit"], &error["code"]), (&2.into(), &serde_json::Value::Null), "{line}");
    }
    for line in ["--json --help", "--json --version", "users --json --help"] {
        let done = terminal.run(line);
        assert!(done.exit == 0 && done.out.starts_with(['S', 'M', 'g']) && done.err.is_empty(), "{line}: {}", done.out);
    }
    // An argument after `--` is no option.
    let done = terminal.run("whoami -- --json");
    assert!(done.exit == 2 && done.err.starts_with("error: "), "{}", done.err);
}

#[tokio::test]
async fn each_line_is_a_json_value() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let url = server.url();
    let key = server.service_key();
    terminal.run("users create grace@example.com");
    for (line, kinds) in [
        ("users list --limit 1 --json", &["note"][..]),
        ("users ban ada@example.com --for 1h --where banned --json", &["error"]),
        (&format!("users list --url {url} --service-key {} --json", key.expose()), &["warning"]),
        (
            &format!("users get nobody@example.com --url {url} --service-key {} --json --debug", key.expose()),
            &["warning", "debug", "error"],
        ),
    ] {
        let done = terminal.run(line);
        let values = |text: &str| -> Vec<serde_json::Value> {
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let messages = values(&done.err);
        let found: Vec<_> =
            messages.iter().map(|message| message.as_object().unwrap().keys().next().unwrap()).collect();
        assert_eq!(found, kinds, "{line}");
        let is_text = |(message, kind): (&serde_json::Value, _)| message[kind]["message"].is_string();
        assert!(messages.iter().zip(kinds).all(is_text), "{line}: {}", done.err);
        values(&done.out);
    }
}

/// A proxy that fails looks like a server that fails.
#[test]
fn a_proxy_in_the_environment_is_named() {
    let mut terminal = Terminal::new();
    terminal.set("HTTPS_PROXY", &unused_url());
    let done = terminal.run("--url https://auth.invalid health");
    assert!(done.exit == 3 && done.err.contains("HTTPS_PROXY is set: check the proxy too"), "{}", done.err);
    let done = terminal.run(&format!("--url {} health", unused_url()));
    assert!(done.exit == 3 && !done.err.contains("PROXY"), "{}", done.err);
}

#[test]
fn an_unreadable_session_names_its_file() {
    let mut terminal = Terminal::new();
    std::fs::write(terminal.file("sessions"), "").unwrap();
    let done = terminal.run("--url http://127.0.0.1:1 token");
    assert!(done.exit == 1 && done.err.contains("/sessions/server-http"), "{}", done.err);
}

#[test]
fn an_empty_name_is_no_user() {
    let mut terminal = Terminal::at_url("http://127.0.0.1:1", "service-key");
    for line in ["users get ''", "users delete '' --yes", "users ban ' ' --for 1h"] {
        let done = terminal.run(line);
        assert!(done.exit == 2 && done.err.contains("expected the ID, email address or phone"), "{line}: {}", done.err);
    }
}

/// Help that could not be written is a failure.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let terminal = Terminal::new();
    for line in ["--help", "--version", "completions bash"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = terminal.command(line).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {error}");
        assert!(error.starts_with("error: No space left"), "{line}: {error}");
    }
}

#[tokio::test]
async fn admin_commands_need_a_service_key() {
    let server = FakeServer::start().await;
    let done = Terminal::new().run(&format!("--url {} users list", server.url()));
    assert_eq!(done.exit, 4);
    assert!(done.err.contains("GOTRUE_SERVICE_KEY"), "{}", done.err);
    assert!(server.requests().is_empty());
}

/// As in `gotrue users list | head -0`.
#[tokio::test]
async fn a_closed_pipe_is_not_a_failure() {
    let server = server_with_ada().await;
    let terminal = Terminal::at(&server);
    let mut child = terminal.command("users list --json").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn control_characters_are_replaced() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let metadata = r#"{"name": "\u001b[2Jada\u009b2J"}"#;
    let done = terminal.run(&format!("users create ada@example.com --user-metadata '{metadata}'"));
    assert!(!done.out.contains(['\u{1b}', '\u{9b}']), "{:?}", done.out);
}

#[tokio::test]
async fn a_wrong_path_is_not_a_missing_user() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.set("GOTRUE_URL", &format!("{}/auth/v2", server.url()));
    for line in ["users get 4c7ff6f3-c42b-4426-a6b0-bd65e88e3896", "users list", "health", "login --anonymous"] {
        let done = terminal.run(line);
        assert_eq!(done.exit, 1, "{line}: {}", done.err);
        assert!(done.err.contains("/auth/v2 is not a GoTrue server"), "{}", done.err);
    }
}

#[tokio::test]
async fn connection_errors_name_the_url_and_errors_the_request() {
    let mut terminal = Terminal::new();
    let url = unused_url();
    let done = terminal.run(&format!("--url {url} health"));
    assert!(done.err.contains(&format!("({url}/)")), "{}", done.err);
    let done = terminal.run(&format!("--url {url} health --json"));
    let error: serde_json::Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!(error["error"]["url"], format!("{url}/"));

    // The same with a key on the command line. One that was prompted for is not prompted for again.
    let done = terminal.run(&format!("--url {url} --key key health"));
    assert!(done.err.contains(&format!("({url}/)")), "{}", done.err);
    let done = terminal.answer(&format!("--url {url} --key - health"), "key");
    assert!(done.exit == 3 && !done.err.contains(&url), "{}", done.err);

    let stub = MockServer::start().await;
    let refusal = ResponseTemplate::new(400).insert_header("sb-request-id", "request-7").set_body_string("{}");
    Mock::given(matchers::any()).respond_with(refusal).mount(&stub).await;
    let done = terminal.run(&format!("--url {} settings", stub.uri()));
    assert!(done.err.contains("(request request-7)"), "{}", done.err);
}

#[tokio::test]
async fn control_characters_are_escaped_in_json() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let metadata = r#"{"name": "a\u009bb\u202ec\u001bd"}"#;
    for line in [
        &format!("users create ada@example.com --user-metadata '{metadata}' --json"),
        "users list --json",
        "users list",
        "users get ada@example.com",
        "api admin-list-users",
    ] {
        let done = terminal.run(line);
        assert!(!done.out.contains(['\u{9b}', '\u{202e}', '\u{1b}']), "{line}: {:?}", done.out);
    }
    let user = terminal.run("users get ada@example.com --json").out;
    let user: serde_json::Value = serde_json::from_str(&user).unwrap();
    assert_eq!(user["user_metadata"]["name"], "a\u{9b}b\u{202e}c\u{1b}d", "nothing is lost");
}

#[tokio::test]
async fn a_service_key_in_the_arguments_or_in_plain_text_gets_a_warning() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::new();
    let url = server.url();
    let done = terminal.run(&format!("users list --url {url} --service-key {}", server.service_key().expose()));
    assert!(done.exit == 0 && done.err.contains("visible to other users"), "{}", done.err);
    let prompted = terminal.answer(&format!("users list --url {url} --service-key -"), server.service_key().expose());
    assert!(prompted.exit == 0 && !prompted.err.contains("warning"), "{}", prompted.err);
    let added = terminal.run(&format!("profile add one --url {url} --no-keychain --service-key key"));
    assert!(added.exit == 0 && added.err.contains("visible to other users"), "{}", added.err);
    let done = terminal.answer("users list --url http://auth.invalid --service-key -", "key");
    assert!(done.err.contains("sent to auth.invalid unencrypted"), "{}", done.err);
}

#[tokio::test]
async fn debug_prints_requests_without_secrets() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let done = terminal.answer("login ada@example.com --debug", PASSWORD);
    assert_eq!(done.exit, 0, "{}", done.err);
    let line = done.err.lines().find(|line| line.starts_with("debug: POST /token: 200 in ")).unwrap_or(&done.err);
    assert!(line.contains(" ms (at 127.0.0.1:"), "{line}");
    let token = terminal.run("token").out;
    for secret in [PASSWORD, token.trim(), server.api_key().expose()] {
        assert!(!done.err.contains(secret), "{}", done.err);
    }
    assert!(!terminal.run("whoami").err.contains("debug"));

    let stub = MockServer::start().await;
    let busy = ResponseTemplate::new(503).insert_header("sb-request-id", "request-7").insert_header("retry-after", "0");
    Mock::given(matchers::any()).respond_with(busy).mount(&stub).await;
    let done = terminal.run(&format!("--url {} settings --debug", stub.uri()));
    assert!(done.err.contains("debug: GET /settings: 503 in "), "{}", done.err);
    assert!(done.err.contains("retries ") && done.err.contains("request request-7)"), "{}", done.err);
    let done = terminal.run(&format!("--url {} health --debug", unused_url()));
    assert!(done.err.contains("debug: GET /health: connect in "), "{}", done.err);
}
