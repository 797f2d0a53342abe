//! The official clients against the fake server: `@supabase/auth-js` in Node and in Chromium, `supabase-auth` for Python
//! and `auth-go`. `cargo xtask ci` installs them below `target/clients`; without them, the tests print that they were
//! skipped.
//!
//! A client asks on its standard output for what a user would see: `? message ADDRESS` for the last message to an address,
//! and `? totp SECRET` for the code of an authenticator app. The response is a line of JSON.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use gotrue_fake::FakeServer;
use serde_json::{Value, json};

#[tokio::test]
async fn auth_js() {
    if let Some(command) = node("client.cjs") {
        drive(command).await;
    }
}

#[tokio::test]
async fn auth_js_in_a_browser() {
    let probe = Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        return println!("skipped: there is no chromium on the path");
    }
    if let Some(command) = node("browser.cjs") {
        drive(command).await;
    }
}

#[tokio::test]
async fn supabase_auth_for_python() {
    let python = installed("python/bin/python");
    if !python.exists() {
        return println!("skipped: supabase-auth for Python is not in {}", python.display());
    }
    let mut command = Command::new(python);
    command.arg(source("python/client.py"));
    drive(command).await;
}

#[tokio::test]
async fn auth_go() {
    let client = installed("go/client");
    if !client.exists() {
        return println!("skipped: the client of Go is not in {}", client.display());
    }
    drive(Command::new(client)).await;
}

/// Returns the command of a script that uses `@supabase/auth-js`, or `None` if that is not installed.
fn node(script: &str) -> Option<Command> {
    let modules = installed("node/node_modules");
    if !modules.join("@supabase/auth-js").exists() {
        println!("skipped: @supabase/auth-js is not in {}", modules.display());
        return None;
    }
    let mut command = Command::new("node");
    command.arg(source("node").join(script)).env("NODE_PATH", modules);
    Some(command)
}

fn installed(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients").join(path)
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(path)
}

/// Runs a client on a new server, and answers its questions.
async fn drive(mut command: Command) {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    command.env("GOTRUE_URL", server.url()).env("GOTRUE_SERVICE_KEY", server.service_key().expose());
    let mut client = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut answers, output) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
    let mut report = Vec::new();
    for line in BufReader::new(output).lines().map(Result::unwrap) {
        match line.strip_prefix("? ") {
            Some(question) => writeln!(answers, "{}", answer(&server, question)).unwrap(),
            None => report.push(line),
        }
    }
    assert!(client.wait().unwrap().success(), "{}", report.join("\n"));
}

fn answer(server: &FakeServer, question: &str) -> Value {
    match question.split_once(' ') {
        Some(("message", address)) => server.last_message_to(address).map_or(Value::Null, |message| {
            let shown = |secret: gotrue::Secret| secret.expose().to_owned();
            json!({
                "code": shown(message.code),
                "token_hash": message.token_hash.map(shown),
                "link": message.link.map(shown),
            })
        }),
        Some(("totp", secret)) => json!(server.totp_code(&secret.into()).map(|code| code.expose().to_owned())),
        _ => panic!("unknown question: {question}"),
    }
}
