//! `gotrue fake`: the command as a server.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use gotrue::{
    Client, Password, SignUp,
    reqwest::{self, StatusCode},
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

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gotrue"));
    command.arg("fake").args(arguments);
    command
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(&mut command(arguments))
    }

    fn start_with(command: &mut Command) -> Self {
        let mut child = command.arg("--json").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, started: serde_json::from_str(&line).unwrap() }
    }

    /// Stops it as a service manager does, and waits until it has saved its state.
    fn terminate(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
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

#[tokio::test]
async fn settings_come_from_a_file_and_from_options() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("auth.env");
    std::fs::write(&file, "GOTRUE_EXTERNAL_GITHUB_ENABLED=true\nGOTRUE_DISABLE_SIGNUP=true\n").unwrap();
    let running = Running::start(&[
        "--port",
        "0",
        "--env-file",
        file.to_str().unwrap(),
        "--set",
        "GOTRUE_DISABLE_SIGNUP=false",
        "--set",
        "GOTRUE_JWT_SECRET=a-secret-of-at-least-32-characters",
    ]);
    let settings = running.client().settings().await.unwrap();
    assert_eq!((settings.disable_signup, settings.mailer_autoconfirm), (Some(false), Some(false)));
    let is_on = |name: &str| settings.external.get(name) == Some(&true.into());
    assert!(is_on("github") && !is_on("google"), "{settings:?}");
    assert_eq!(running.started["jwt_secret"], "a-secret-of-at-least-32-characters");

    std::fs::write(&file, "GOTRUE_DISABLE_SIGN_UP=true\nGOTRUE_JWT_EXP=1h\n").unwrap();
    let output = command(&["--env-file", file.to_str().unwrap()]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let expected = "unknown setting GOTRUE_DISABLE_SIGN_UP (did you mean GOTRUE_DISABLE_SIGNUP?); GOTRUE_JWT_EXP: expected \
                    a number of seconds";
    assert!(output.status.code() == Some(2) && text.contains(expected), "{text}");
}

#[tokio::test]
async fn the_same_number_gives_the_same_run() {
    let run = async |number| {
        let running = Running::start(&["--port", "0", "--random-seed", number]);
        let client = running.client();
        let session = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap().session();
        let session = session.unwrap();
        let keys = client.jwks().await.unwrap().keys;
        let key_id = keys[0].kid.clone();
        (session.user().id, session.refresh_token().expose().to_owned(), key_id)
    };
    let first = run("7").await;
    assert_eq!(run("7").await, first);
    let other = run("8").await;
    assert!(other.0 != first.0 && other.1 != first.1 && other.2 != first.2, "{other:?}");
}

#[test]
fn the_environment_is_read_only_on_demand() {
    let variable = ("GOTRUE_DISABLE_SIGN_UP", "true");
    let own = ("GOTRUE_SERVICE_KEY", "key");
    let mut command = command(&["--env"]);
    command.envs([variable, own]);
    // Variables of other programs need not be UTF-8.
    #[cfg(target_os = "linux")]
    command.env("ODD", <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff"));
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("unknown setting GOTRUE_DISABLE_SIGN_UP") && !text.contains("GOTRUE_SERVICE_KEY"), "{text}");
}

#[tokio::test]
async fn users_are_created_and_kept_over_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let users =
        r#"[{ "email": "ada@example.com", "password": "correct-horse-7", "user_metadata": { "plan": "pro" } }]"#;
    std::fs::write(path("users.json"), users).unwrap();
    let arguments = ["--port", "0", "--seed", &path("users.json"), "--state", &path("state.json")];
    let mut running = Running::start(&arguments);
    let session = running.client().sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    assert_eq!(session.user().user_metadata.as_ref().unwrap()["plan"], "pro");
    running.client().sign_up(SignUp::email("bob@example.com", "correct-horse-7")).await.unwrap();
    running.terminate();

    let running = Running::start(&arguments);
    let client = running.client();
    assert_eq!(client.user(session.access_token()).get().await.unwrap().id, session.user().id);
    client.sign_in(Password::email("bob@example.com", "correct-horse-7")).await.unwrap();
    let admin = client.admin(running.started["service_key"].as_str().unwrap());
    assert_eq!(admin.users().list().get().await.unwrap().items.len(), 2, "the seed is not created again");
    drop(running);

    std::fs::write(path("users.json"), r#"[{ "email": "ada" }]"#).unwrap();
    let output = command(&["--port", "0", "--seed", &path("users.json")]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("user 1") && text.contains("invalid format"), "{text}");
    std::fs::write(path("state.json"), "{}").unwrap();
    let output = command(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[tokio::test]
async fn imported_users_sign_in_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let rows = [
        r#"{"email":"ada@example.com","email_confirmed":true,"password_hash":"$2b$04$E.mBuMQ31q50sEW5dyKYL.P5T1l6G4BB8YQDEoJ1xO0smu.YZ.Fum"}"#,
        r#"{"email":"bob@example.com","email_confirmed":true,"password_hash":"$argon2id$v=19$m=8192,t=1,p=1$dY4Ljp6DAOfHsIb6QON7Ng$mn3MbmxDkh8aROsbHXOTBXdQ31+63sqlswOGEEQ6ZJw"}"#,
    ];
    std::fs::write(path("users.jsonl"), rows.join("\n")).unwrap();
    let arguments = ["--port", "0", "--state", &path("state.json")];
    let mut running = Running::start(&arguments);
    let mut import = Command::new(assert_cmd::cargo::cargo_bin!("gotrue"));
    import.args(["users", "import", &path("users.jsonl"), "--yes"]);
    let [url, key] = ["url", "service_key"].map(|name| running.started[name].as_str().unwrap().to_owned());
    let imported = import.env("GOTRUE_URL", url).env("GOTRUE_SERVICE_KEY", key).output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
    running.terminate();

    let running = Running::start(&arguments);
    for email in ["ada@example.com", "bob@example.com"] {
        running.client().sign_in(Password::email(email, "correct-horse-7")).await.unwrap();
        assert!(running.client().sign_in(Password::email(email, "correct-horse-8")).await.is_err());
    }
}

#[test]
fn a_file_without_a_state_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.json");
    let arguments = ["--port", "0", "--state", file.to_str().unwrap()];
    Running::start(&arguments).terminate();
    let state = std::fs::read_to_string(&file).unwrap();
    for text in [&state[..state.len() / 2], &state.replace(r#""version":1"#, r#""version":2"#), "{}"] {
        std::fs::write(&file, text).unwrap();
        let output = command(&arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains("no state of a fake server"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
    // Nor is a device or a directory replaced.
    let output = command(&["--port", "0", "--state", directory.path().to_str().unwrap()]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("expected a regular file"), "{error}");
    std::fs::write(&file, "").unwrap();
    Running::start(&arguments).terminate();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), state);
}

#[test]
fn a_state_file_is_for_one_server() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.json");
    let arguments = ["--port", "0", "--state", file.to_str().unwrap()];
    let mut running = Running::start(&arguments);
    let output = command(&arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && error.contains("another fake server"), "{error}");
    running.terminate();
    Running::start(&arguments).terminate();
}

#[tokio::test]
async fn a_server_survives_that_its_state_cannot_be_saved() {
    let directory = tempfile::tempdir().unwrap();
    let kept = directory.path().join("kept");
    let file = kept.join("state.json");
    let arguments = ["--port", "0", "--state", file.to_str().unwrap()];
    let output = command(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "the directory is missing: {output:?}");

    std::fs::create_dir(&kept).unwrap();
    let mut running = Running::start_with(command(&arguments).stderr(Stdio::piped()));
    std::fs::remove_dir_all(&kept).unwrap();
    running.client().sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let mut warning = String::new();
    BufReader::new(running.child.stderr.as_mut().unwrap()).read_line(&mut warning).unwrap();
    assert!(warning.contains("state.json") && warning.contains("as soon as"), "{warning}");
    running.client().sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();

    std::fs::create_dir(&kept).unwrap();
    running.terminate();
    let running = Running::start(&arguments);
    running.client().sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
}

#[tokio::test]
async fn the_control_side_has_the_messages_and_a_reset() {
    let running = Running::start(&["--port", "0", "--set", "GOTRUE_MAILER_AUTOCONFIRM=false"]);
    running.client().sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let control = running.started["messages"].as_str().unwrap();
    let messages: Value = reqwest::get(format!("{control}/messages")).await.unwrap().json().await.unwrap();
    let message = &messages["messages"][0];
    assert_eq!(message["to"], "ada@example.com");
    let followed = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = followed.get(message["link"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    running.client().sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    assert!(reqwest::Client::new().post(format!("{control}/reset")).send().await.unwrap().status().is_success());
    assert!(running.client().sign_in(Password::email("ada@example.com", "correct-horse-7")).await.is_err());
}

#[test]
fn only_loopback_can_reach_it_by_default() {
    let running = Running::start(&["--port", "0"]);
    for name in ["url", "messages"] {
        assert!(running.started[name].as_str().unwrap().starts_with("http://127.0.0.1:"), "{}", running.started);
    }
}

#[test]
fn a_port_in_use_is_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = command(&["--port", &port]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{text}");
}
