//! File stores on unusual file systems. Each test covers one kind: a file that cannot be replaced, a temporary file
//! that is in the way or left over, a path that is not a regular file, a symbolic link, loose permissions, a full disk,
//! and a read-only directory.

use std::{
    error::Error as _,
    fs,
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    process::Command,
};

use gotrue::{
    Error, FileStore, SessionStore, SignOutScope, SignUp,
    store::{Revision, StoredSession},
};
use gotrue_fake::FakeServer;
use support::stores::record;
use tempfile::TempDir;

use crate::mount_namespace;

/// The names in the directory of a store without a session.
const LOCKS: [&str; 2] = ["session.json.lock", "session.json.turn"];

/// The names in the directory of a store with a session.
const ALL: [&str; 3] = ["session.json", "session.json.lock", "session.json.turn"];

/// The name of a temporary file, as a process that is killed leaves it.
const LEFTOVER: &str = "session.json.0123456789abcdef.new";

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

async fn swap(store: &FileStore, expected: Option<&StoredSession>, new: Option<&StoredSession>) {
    assert!(store.compare_and_swap(expected.map(StoredSession::revision), new.cloned()).await.unwrap());
}

async fn revision(store: &FileStore) -> Option<Revision> {
    store.load().await.unwrap().map(|record| record.revision())
}

#[tokio::test]
async fn a_mounted_file_is_written_in_place_and_emptied() {
    if !mount_namespace::is_entered("file_store::a_mounted_file_is_written_in_place_and_emptied") {
        return;
    }
    let (one, two) = (record(1), record(2));
    let stored = two.to_json().unwrap();
    for (content, permissions) in [(String::new(), 0o644), ("x".repeat(100_000), 0o666), ("{}".to_owned(), 0o600)] {
        let (directory, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (file, mounted) = (directory.path().join("session.json"), elsewhere.path().join("mounted"));
        fs::write(&file, "").unwrap();
        fs::write(&mounted, content).unwrap();
        set_mode(&mounted, permissions);
        mount_namespace::bind(&mounted, &file);

        let store = FileStore::open(&file).unwrap();
        assert_eq!(revision(&store).await, None);
        swap(&store, None, Some(&one)).await;
        swap(&store, Some(&one), Some(&two)).await;
        assert_eq!(fs::read(&mounted).unwrap(), stored, "the shorter record leaves nothing of a longer file");
        assert_eq!(mode(&mounted), 0o600);
        assert_eq!(names(directory.path()), ALL);
        assert_eq!(revision(&FileStore::open(&file).unwrap()).await, Some(two.revision()));

        swap(&store, Some(&two), None).await;
        assert_eq!(fs::read(&mounted).unwrap(), b"");
        assert_eq!(names(directory.path()), ALL);
        assert_eq!(revision(&store).await, None);
    }
}

#[tokio::test]
async fn a_file_in_the_place_of_a_temporary_file_is_neither_used_nor_followed_and_is_removed() {
    type Plant = fn(&Path, &Path);
    let plants: [(&str, Plant); 5] = [
        ("a file that everyone can write", |path, _| {
            fs::write(path, "stale").unwrap();
            set_mode(path, 0o666);
        }),
        ("a symbolic link", |path, victim| symlink(victim, path).unwrap()),
        ("a dangling symbolic link", |path, victim| symlink(victim.with_extension("missing"), path).unwrap()),
        ("a pipe", |path, _| mkfifo(path)),
        ("a socket", |path, _| drop(UnixListener::bind(path).unwrap())),
    ];
    let one = record(1);
    for name in ["session.json.new", LEFTOVER] {
        for (what, plant) in plants {
            let (directory, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
            let (file, victim) = (directory.path().join("session.json"), elsewhere.path().join("victim"));
            fs::write(&victim, "precious").unwrap();
            plant(&directory.path().join(name), &victim);
            let store = FileStore::open(&file).unwrap();
            swap(&store, None, Some(&one)).await;
            assert_eq!(mode(&file), 0o600, "{what}");
            assert!(fs::symlink_metadata(&file).unwrap().is_file(), "{what}");
            swap(&store, Some(&one), None).await;
            assert_eq!(names(directory.path()), LOCKS, "{what}");
            assert_eq!(fs::read_to_string(&victim).unwrap(), "precious", "{what}");
            assert_eq!(names(elsewhere.path()), ["victim"], "{what}");
        }
    }
}

#[tokio::test]
async fn files_that_are_not_temporary_files_of_the_store_stay() {
    let directory = TempDir::new().unwrap();
    let others = [
        "other.json.0123456789abcdef.new",
        "session.json.0123456789abcdef",
        "session.json.0123456789abcde.new",
        "session.json.0123456789abcdeg.new",
        "session.json.backup.new",
        "session.json.x.0123456789abcdef.new",
        "session.json0123456789abcdef.new",
        "session.jsonnew",
    ];
    for name in others {
        fs::write(directory.path().join(name), "another's").unwrap();
    }
    fs::create_dir(directory.path().join("session.json.new")).unwrap();
    let store = FileStore::open(directory.path().join("session.json")).unwrap();
    let one = record(1);
    swap(&store, None, Some(&one)).await;
    swap(&store, Some(&one), None).await;
    let left: Vec<_> = names(directory.path()).into_iter().filter(|name| !LOCKS.contains(&name.as_str())).collect();
    let mut expected: Vec<_> = others.into_iter().chain(["session.json.new"]).collect();
    expected.sort_unstable();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn a_path_that_is_not_a_regular_file_is_refused_at_once_and_stays() {
    type Make = fn(&Path);
    let kinds: [(&str, Make); 4] = [
        ("a pipe", mkfifo),
        ("a directory", |path| fs::create_dir(path).unwrap()),
        ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
        ("a symbolic link to a directory", |path| {
            let directory = path.with_file_name("directory");
            fs::create_dir(&directory).unwrap();
            symlink(directory, path).unwrap();
        }),
    ];
    let client = FakeServer::start().await.client().unwrap();
    let refused = |error: &dyn std::error::Error| error.source().unwrap().to_string().contains("not a regular file");
    for (what, make) in kinds {
        // In the place of the session: before the store is opened, and after.
        for is_early in [true, false] {
            let directory = TempDir::new().unwrap();
            let file = directory.path().join("session.json");
            if is_early {
                make(&file);
            }
            let store = FileStore::open(&file).unwrap();
            if !is_early {
                make(&file);
            }
            let before = fs::symlink_metadata(&file).unwrap().file_type();
            let error = store.load().await.unwrap_err();
            assert!(refused(&error), "{what}: {error:?}");
            let error = store.compare_and_swap(None, Some(record(1))).await.unwrap_err();
            assert!(refused(&error), "{what}: {error:?}");
            let error = client.session_manager(store).await.unwrap_err();
            assert!(matches!(error, Error::Store(_)), "{what}: {error:?}");
            assert_eq!(fs::symlink_metadata(&file).unwrap().file_type(), before, "{what}");
        }
        // In the place of a lock file.
        for suffix in ["lock", "turn"] {
            let directory = TempDir::new().unwrap();
            make(&directory.path().join(format!("session.json.{suffix}")));
            let error = FileStore::open(directory.path().join("session.json")).unwrap_err();
            assert!(refused(&error), "{what}: {error:?}");
        }
    }
}

#[test]
fn a_path_that_names_no_file_is_refused() {
    for path in ["", "/", "..", "a/.."] {
        let error = FileStore::open(path).unwrap_err();
        assert!(error.source().unwrap().to_string().contains("path of a file"), "{path:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_symbolic_link_stands_for_the_file_that_it_leads_to() {
    let (one, two) = (record(1), record(2));
    // Each row: the target of the link, and of the link that it leads to.
    for targets in [vec!["ABSOLUTE"], vec!["../real/session.json"], vec!["second", "../real/session.json"]] {
        let root = TempDir::new().unwrap();
        let (links, real) = (root.path().join("links"), root.path().join("real"));
        fs::create_dir(&links).unwrap();
        fs::create_dir(&real).unwrap();
        let file = real.join("session.json");
        for (target, name) in targets.iter().zip(["session.json", "second"]) {
            let target = if *target == "ABSOLUTE" { file.clone() } else { PathBuf::from(target) };
            symlink(target, links.join(name)).unwrap();
        }
        let link = links.join("session.json");
        // The link dangles at first, and again after the removal.
        for _ in 0..2 {
            let store = FileStore::open(&link).unwrap();
            swap(&store, None, Some(&one)).await;
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{targets:?}");
            assert_eq!(names(&real), ALL);
            assert_eq!(mode(&file), 0o600);
            let [direct, through_link] = [&file, &link].map(|path| FileStore::open(path).unwrap());
            swap(&direct, Some(&one), Some(&two)).await;
            assert_eq!(revision(&through_link).await, Some(two.revision()));
            // They share their locks.
            let lease = direct.lease().await.unwrap();
            let mut waiting = through_link.lease();
            assert!(futures::poll!(&mut waiting).is_pending());
            drop(lease);
            waiting.await.unwrap();
            swap(&store, Some(&two), None).await;
            assert_eq!(names(&real), LOCKS, "no tokens stay where the link leads to");
        }
        assert_eq!(names(&links).len(), targets.len(), "nothing but the links");
    }

    let directory = TempDir::new().unwrap();
    let link = directory.path().join("session.json");
    symlink(&link, &link).unwrap();
    FileStore::open(&link).unwrap_err();
}

#[tokio::test]
async fn a_write_makes_the_file_private() {
    for permissions in [0o644, 0o666, 0o640, 0o777] {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("session.json");
        let (one, two) = (record(1), record(2));
        fs::write(&file, one.to_json().unwrap()).unwrap();
        set_mode(&file, permissions);
        let store = FileStore::open(&file).unwrap();
        swap(&store, Some(&one), Some(&two)).await;
        for name in names(directory.path()) {
            assert_eq!(mode(&directory.path().join(&name)), 0o600, "{name}");
        }
    }
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_record_and_nothing_else() {
    if !mount_namespace::is_entered("file_store::a_full_disk_leaves_the_old_record_and_nothing_else") {
        return;
    }
    let directory = TempDir::new().unwrap();
    mount_namespace::tmpfs(directory.path(), "64k");
    let store = FileStore::open(directory.path().join("session.json")).unwrap();
    let (one, two) = (record(1), record(2));
    swap(&store, None, Some(&one)).await;
    let ballast = directory.path().join("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).unwrap_err();
    store.compare_and_swap(Some(one.revision()), Some(two.clone())).await.unwrap_err();
    assert_eq!(revision(&store).await, Some(one.revision()));
    assert_eq!(names(directory.path()), ["ballast", "session.json", "session.json.lock", "session.json.turn"]);
    swap(&store, Some(&one), None).await;
    fs::remove_file(&ballast).unwrap();
    swap(&store, None, Some(&two)).await;
    assert_eq!(names(directory.path()), ALL);
}

#[tokio::test]
async fn signing_out_in_a_read_only_directory_returns_the_error() {
    if !mount_namespace::is_entered("file_store::signing_out_in_a_read_only_directory_returns_the_error") {
        return;
    }
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("session.json");
    mount_namespace::bind(directory.path(), directory.path());
    let auth = client.session_manager(FileStore::open(&file).unwrap()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    mount_namespace::set_read_only(directory.path(), true);
    let error = auth.sign_out(SignOutScope::Local).await.unwrap_err();
    assert!(matches!(error, Error::Store(_)), "{error:?}");
    assert_eq!(server.count("sign_out"), 1);
    FileStore::open(&file).unwrap_err();

    // The error is true: a restart finds the session.
    mount_namespace::set_read_only(directory.path(), false);
    let restarted = client.session_manager(FileStore::open(&file).unwrap()).await.unwrap();
    restarted.session().unwrap();
    let _ = restarted.sign_out(SignOutScope::Local).await;
    assert_eq!(names(directory.path()), LOCKS);
}
