//! `gotrue fake`: the command as a server.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use gotrue::{
    Client, Password, SignUp,
    reqwest::StatusCode,
    serde_json::{self, Value},
};

/// A running command, which is killed when it is dropped.
struct Running {
    child: Child,
    /// The line that it printed.
    started: Value,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gotrue"));
        command.args(["fake", "--json"]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, started: serde_json::from_str(&line).unwrap() }
    }

    fn client(&self) -> Client {
        let key = self.started["anon_key"].as_str().unwrap_or("anon-key");
        Client::builder().base_url(self.started["url"].as_str().unwrap()).api_key(key).build().unwrap()
    }
}

#[tokio::test]
async fn it_serves_until_it_is_stopped() {
    let running = Running::start(&["--port", "0"]);
    let client = running.client();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let admin = client.admin(running.started["service_key"].as_str().unwrap());
    assert_eq!(
        admin.users().get_by_email("ada@example.com").await.unwrap().unwrap().email.as_deref(),
        Some("ada@example.com")
    );
    drop(running);
    assert!(client.health().await.is_err());
}

#[tokio::test]
async fn the_gateway_has_the_keys_of_a_local_project() {
    let running = Running::start(&["--port", "0", "--gateway"]);
    let started = &running.started;
    assert!(started["url"].as_str().unwrap().ends_with("/auth/v1"), "{started}");
    assert_eq!(started["jwt_secret"], "super-secret-jwt-token-with-at-least-32-characters-long");
    assert!(started["publishable_key"].as_str().unwrap().starts_with("sb_publishable_"));
    running.client().health().await.unwrap();
    let without_key = Client::builder().base_url(started["url"].as_str().unwrap()).build().unwrap();
    assert_eq!(without_key.health().await.unwrap_err().status(), Some(StatusCode::UNAUTHORIZED));
}

#[test]
fn a_port_in_use_is_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output =
        Command::new(assert_cmd::cargo::cargo_bin!("gotrue")).args(["fake", "--port", &port]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{text}");
}
