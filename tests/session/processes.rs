//! Several processes that share a file, some of which are killed.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use gotrue::{Client, FileStore, SessionStore, SignUp};
use gotrue_fake::FakeServer;
use serde_json::{Value, json};
use support::stores::record;
use tempfile::TempDir;

/// Starts a test of this file in a process of its own, with its task in the environment.
fn child(name: &str, store: &Path, url: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env("STORE_OF_CHILD", store)
        .env("SERVER_OF_CHILD", url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Returns the task of this process, or `None` if it is not a child.
fn task() -> Option<(FileStore, String)> {
    let store = FileStore::open(env::var_os("STORE_OF_CHILD")?).unwrap();
    Some((store, env::var("SERVER_OF_CHILD").unwrap()))
}

/// A child that prints a digest of the access token that it gets.
#[tokio::test]
async fn child_that_gets_a_token() {
    let Some((store, url)) = task() else { return };
    let auth = Client::new(url, "anon-key").unwrap().session_manager(store).await.unwrap();
    let token = auth.access_token().await.unwrap();
    println!("token: {}", digest(token.expose()));
}

/// Distinguishes tokens without revealing them.
fn digest(token: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_send_one_refresh_between_them() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("session.json");
    let auth = client.session_manager(FileStore::open(&file).unwrap()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    // An access token that expired long ago.
    let mut json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    json["session"]["expires_at"] = json!("2020-01-01T00:00:00Z");
    fs::write(&file, json.to_string()).unwrap();

    let children: Vec<Child> =
        (0..8).map(|_| child("processes::child_that_gets_a_token", &file, &server.url())).collect();
    let mut tokens = Vec::new();
    for child in children {
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        tokens.push(text.lines().find_map(|line| line.split_once("token: ")).expect("a token").1.to_owned());
    }
    assert_eq!(server.count("token"), 1);
    let stored = client.session_manager(FileStore::open(&file).unwrap()).await.unwrap().session().unwrap();
    let stored = digest(stored.access_token().expose()).to_string();
    assert!(tokens.iter().all(|token| *token == stored), "{tokens:?} and {stored}");
}

/// A child that replaces the record as fast as it can, and prints a line after each write.
#[tokio::test]
async fn child_that_writes() {
    let Some((store, _)) = task() else { return };
    let records = [record(1), record(2)];
    for number in 0_usize.. {
        let current = store.load().await.unwrap().map(|record| record.revision());
        store.compare_and_swap(current, Some(records[number % 2].clone())).await.unwrap();
        println!("written");
        std::io::stdout().flush().unwrap();
    }
}

#[tokio::test]
async fn a_writer_that_is_killed_leaves_a_record_that_can_be_read() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("session.json");
    let store = FileStore::open(&file).unwrap();
    // The number of writes before the kill differs from round to round, in a fixed order; where in the next write the
    // kill strikes is up to chance.
    let mut writes = 1_usize;
    for round in 0..200 {
        let mut killed = child("processes::child_that_writes", &file, "");
        let output = BufReader::new(killed.stdout.take().unwrap());
        let written = output.lines().map_while(Result::ok).filter(|line| line.ends_with("written"));
        writes = writes * 7 % 23;
        assert_eq!(written.take(writes).count(), writes);
        killed.kill().unwrap();
        killed.wait().unwrap();
        let left = store.load().await.unwrap();
        assert!(left.is_some(), "round {round}");
        // The lock was released with its holder.
        let revision = left.map(|record| record.revision());
        assert!(store.compare_and_swap(revision, Some(record(3))).await.unwrap(), "round {round}");
    }
    // Temporary files of killed writers hold tokens, and go with the session.
    assert!(store.compare_and_swap(Some(record(3).revision()), None).await.unwrap());
    let mut names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["session.json.lock", "session.json.turn"]);
}
