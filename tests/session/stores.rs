//! Stores: compare-and-swap, corrupt records, several processes, and processes that are killed.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use futures::StreamExt;
use gotrue::{Client, Event, FileStore, MemoryStore, Password, SessionStore, SignUp};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Value, json};
use support::stores::{compares_and_swaps, record};
use tempfile::TempDir;

fn file_store(folder: &TempDir) -> FileStore {
    FileStore::open(folder.path().join("deep/er/session.json")).unwrap()
}

#[tokio::test]
async fn a_memory_store_compares_and_swaps() {
    compares_and_swaps(MemoryStore::new()).await;
}

#[tokio::test]
async fn a_file_store_compares_and_swaps() {
    let folder = TempDir::new().unwrap();
    compares_and_swaps(file_store(&folder)).await;
}

#[cfg(feature = "keyring")]
#[tokio::test]
async fn a_keyring_store_compares_and_swaps() {
    use keyring_core::api::CredentialStoreApi;

    let folder = TempDir::new().unwrap();
    let keychain = keyring_core::mock::Store::new().unwrap();
    let inner = keychain.build("gotrue", "session", None).unwrap();
    let store = gotrue::KeyringStore::in_entry(gotrue::keyring::Entry { inner }, folder.path().join("locks")).unwrap();
    compares_and_swaps(store).await;
}

#[tokio::test]
async fn a_lease_has_one_holder_at_a_time() {
    let folder = TempDir::new().unwrap();
    let stores: [Box<dyn SessionStore>; 2] = [Box::new(MemoryStore::new()), Box::new(file_store(&folder))];
    for store in stores {
        let first = store.lease().await.unwrap();
        let mut second = store.lease();
        tokio::select! {
            biased;
            _ = &mut second => panic!("two at a time"),
            () = tokio::task::yield_now() => {}
        }
        drop(first);
        second.await.unwrap();
    }
}

#[tokio::test]
async fn a_file_is_private_and_replaced_atomically() {
    let folder = TempDir::new().unwrap();
    let store = file_store(&folder);
    let record = record(1).await;
    store.compare_and_swap(None, Some(record)).await.unwrap();
    let file = folder.path().join("deep/er/session.json");
    let mut names = Vec::new();
    for entry in fs::read_dir(file.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["session.json", "session.json.lock", "session.json.turn"]);
    let json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(json["version"], 1);
}

#[tokio::test]
async fn an_unreadable_record_counts_as_no_session_and_is_overwritten() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let of_tomorrow = {
        let mut json: Value = serde_json::from_slice(&record(1).await.to_json().unwrap()).unwrap();
        json["version"] = json!(2);
        json.to_string()
    };
    for corrupt in ["", "{", "null", "[]", "{\"version\":1}", "\u{0}\u{0}", of_tomorrow.as_str()] {
        let folder = TempDir::new().unwrap();
        let store = file_store(&folder);
        fs::write(folder.path().join("deep/er/session.json"), corrupt).unwrap();
        let auth = client.session_manager(store.clone()).await.unwrap();
        assert!(auth.session().is_none(), "{corrupt}");
        auth.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
        let again = client.session_manager(store).await.unwrap();
        assert_eq!(again.session().unwrap().access_token(), auth.session().unwrap().access_token(), "{corrupt}");
    }
}

#[tokio::test]
async fn a_store_that_fails_does_not_fail_the_session() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let folder = TempDir::new().unwrap();
    let store = file_store(&folder);
    let auth = client.session_manager(store.clone()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let mut events = auth.events();
    // A directory can neither be read nor replaced as a file.
    let file = folder.path().join("deep/er/session.json");
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(file.join("in the way")).unwrap();
    clock.advance(std::time::Duration::from_secs(7200));
    let token = auth.access_token().await.unwrap();
    auth.user().get().await.unwrap();
    assert_eq!(server.count("token"), 1);
    assert!(matches!(events.next().await, Some(Event::InitialSession(Some(_)))));
    assert!(matches!(events.next().await, Some(Event::StoreFailed(_))));

    // Once the store works again, the current session is written to it, whatever it contains.
    fs::remove_dir_all(&file).unwrap();
    store.compare_and_swap(None, Some(record(1).await)).await.unwrap();
    assert_eq!(auth.access_token().await.unwrap(), token);
    clock.advance(std::time::Duration::from_secs(7200));
    let renewed = auth.access_token().await.unwrap();
    assert_ne!(renewed, token);
    let again = client.session_manager(store).await.unwrap();
    assert_eq!(again.access_token().await.unwrap(), renewed);
    assert_eq!(server.count("token"), 2);
}

// ----------------------------------------------------------------------------------------------- several processes

/// Starts a test of this file in a process of its own, with instructions in the environment.
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

/// The instructions of a child process. Returns `None` in the parent.
fn told() -> Option<(FileStore, String)> {
    let store = FileStore::open(env::var_os("STORE_OF_CHILD")?).unwrap();
    Some((store, env::var("SERVER_OF_CHILD").unwrap()))
}

/// One of eight processes: prints a digest of the access token that it receives.
#[tokio::test]
async fn child_that_requests_a_token() {
    let Some((store, url)) = told() else { return };
    let auth = Client::new(url, "anon-key").unwrap().session_manager(store).await.unwrap();
    let token = auth.access_token().await.unwrap();
    println!("signature: {}", digest(token.expose()));
}

/// A digest that distinguishes tokens without revealing them.
fn digest(token: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_share_one_refresh() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("session.json");
    let auth = client.session_manager(FileStore::open(&file).unwrap()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    // It expired long ago.
    let mut json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    json["session"]["expires_at"] = json!("2020-01-01T00:00:00Z");
    fs::write(&file, json.to_string()).unwrap();

    let children: Vec<Child> =
        (0..8).map(|_| child("stores::child_that_requests_a_token", &file, &server.url())).collect();
    let mut said = Vec::new();
    for child in children {
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        said.push(text.lines().find_map(|line| line.split_once("signature: ")).expect("a token").1.to_owned());
    }
    assert_eq!(server.count("token"), 1);
    let stored = client.session_manager(FileStore::open(&file).unwrap()).await.unwrap().session().unwrap();
    let stored = digest(stored.access_token().expose()).to_string();
    assert!(said.iter().all(|token| *token == stored), "{said:?} and {stored}");
}

/// A writer that replaces the record as fast as it can, and prints a line each time.
#[tokio::test]
async fn child_that_writes() {
    let Some((store, _)) = told() else { return };
    let records = [record(1).await, record(2).await];
    for number in 0_usize.. {
        let there = store.load().await.unwrap().map(|record| record.revision());
        store.compare_and_swap(there, Some(records[number % 2].clone())).await.unwrap();
        println!("written");
        std::io::stdout().flush().unwrap();
    }
}

#[tokio::test]
async fn a_killed_writer_leaves_a_readable_record() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("session.json");
    let store = FileStore::open(&file).unwrap();
    // It is killed after a different number of writes each time, at an unknown point of the next one.
    let mut writes = 1_usize;
    for round in 0..200 {
        let mut killed = child("stores::child_that_writes", &file, "");
        let output = BufReader::new(killed.stdout.take().unwrap());
        let written = output.lines().map_while(Result::ok).filter(|line| line.ends_with("written"));
        writes = writes * 7 % 23;
        assert_eq!(written.take(writes).count(), writes);
        killed.kill().unwrap();
        killed.wait().unwrap();
        let left = store.load().await.unwrap();
        assert!(left.is_some(), "round {round}");
        // The lock was released with its process.
        let revision = left.map(|record| record.revision());
        assert!(store.compare_and_swap(revision, Some(record(3).await)).await.unwrap(), "round {round}");
    }
}
