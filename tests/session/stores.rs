//! The behavior that every store must have, and the manager with unreadable records and failing stores.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use futures::StreamExt;
use gotrue::{Event, FileStore, MemoryStore, Password, SessionStore, SignUp};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Value, json};
use support::stores::{compares_and_swaps, record};
use tempfile::TempDir;

/// Opens a store in a directory that does not exist yet.
fn file_store(directory: &TempDir) -> FileStore {
    FileStore::open(directory.path().join("deep/er/session.json")).unwrap()
}

#[tokio::test]
async fn a_memory_store_compares_and_swaps() {
    compares_and_swaps(MemoryStore::new()).await;
}

#[tokio::test]
async fn a_file_store_compares_and_swaps() {
    let directory = TempDir::new().unwrap();
    compares_and_swaps(file_store(&directory)).await;
}

#[cfg(feature = "keyring")]
#[tokio::test]
async fn a_keyring_store_compares_and_swaps() {
    use keyring_core::api::CredentialStoreApi;

    let directory = TempDir::new().unwrap();
    let keychain = keyring_core::mock::Store::new().unwrap();
    let inner = keychain.build("gotrue", "session", None).unwrap();
    let locks = directory.path().join("locks");
    let store = gotrue::KeyringStore::in_entry(gotrue::keyring::Entry { inner }, locks).unwrap();
    compares_and_swaps(store).await;
}

#[tokio::test]
async fn a_lease_has_one_holder_at_a_time() {
    let directory = TempDir::new().unwrap();
    let stores: [Box<dyn SessionStore>; 2] = [Box::new(MemoryStore::new()), Box::new(file_store(&directory))];
    for store in stores {
        let first = store.lease().await.unwrap();
        let mut second = store.lease();
        tokio::select! {
            biased;
            _ = &mut second => panic!("two holders"),
            () = tokio::task::yield_now() => {}
        }
        // A wait that was given up takes nothing.
        let mut third = store.lease();
        assert!(futures::poll!(&mut third).is_pending());
        drop(third);
        drop(first);
        second.await.unwrap();
    }
}

#[tokio::test]
async fn a_file_is_private_and_its_directory_holds_nothing_but_its_locks() {
    let directory = TempDir::new().unwrap();
    let store = file_store(&directory);
    let record = record(1);
    store.compare_and_swap(None, Some(record)).await.unwrap();
    let file = directory.path().join("deep/er/session.json");
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
async fn a_record_that_cannot_be_read_counts_as_absent_and_is_overwritten() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let newer_version = {
        let mut json: Value = serde_json::from_slice(&record(1).to_json().unwrap()).unwrap();
        json["version"] = json!(2);
        json.to_string()
    };
    for corrupt in ["", "{", "null", "[]", "{\"version\":1}", "\u{0}\u{0}", newer_version.as_str()] {
        let directory = TempDir::new().unwrap();
        let store = file_store(&directory);
        fs::write(directory.path().join("deep/er/session.json"), corrupt).unwrap();
        let auth = client.session_manager(store.clone()).await.unwrap();
        assert!(auth.session().is_none(), "{corrupt}");
        auth.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
        let restarted = client.session_manager(store).await.unwrap();
        assert_eq!(restarted.session().unwrap().access_token(), auth.session().unwrap().access_token(), "{corrupt}");
    }
}

#[tokio::test]
async fn a_store_that_fails_does_not_fail_the_session() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let directory = TempDir::new().unwrap();
    let store = file_store(&directory);
    let auth = client.session_manager(store.clone()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let mut events = auth.events();
    // A directory can be neither read as a file nor replaced by one.
    let file = directory.path().join("deep/er/session.json");
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(file.join("in the way")).unwrap();
    clock.advance(Duration::from_secs(7200));
    let token = auth.access_token().await.unwrap();
    auth.user().get().await.unwrap();
    assert_eq!(server.count("token"), 1);
    assert!(matches!(events.next().await, Some(Event::InitialSession(Some(_)))));
    assert!(matches!(events.next().await, Some(Event::StoreFailed(_))));

    // Once the store works again, the next refresh writes to it, whatever it contains.
    fs::remove_dir_all(&file).unwrap();
    store.compare_and_swap(None, Some(record(1))).await.unwrap();
    assert_eq!(auth.access_token().await.unwrap(), token);
    clock.advance(Duration::from_secs(7200));
    let renewed = auth.access_token().await.unwrap();
    assert_ne!(renewed, token);
    let restarted = client.session_manager(store).await.unwrap();
    assert_eq!(restarted.access_token().await.unwrap(), renewed);
    assert_eq!(server.count("token"), 2);
}
