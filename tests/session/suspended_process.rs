//! A process whose monotonic clock is held still by a preloaded library, as on a suspended machine. Linux only.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime},
};

use gotrue::{MemoryStore, Password, SessionManager, SignUp};
use gotrue_fake::FakeServer;

/// The lifetime of the access tokens, and a longer suspend.
const LIFETIME: Duration = Duration::from_secs(3);
const SUSPEND: Duration = Duration::from_secs(4);

/// Builds the library. Returns `None` where that is not possible.
fn library(directory: &Path) -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/session/suspended_process.c");
    let library = directory.join("hold.so");
    let arguments = ["-shared", "-fPIC", "-O1", "-o"];
    let status = Command::new("cc").args(arguments).arg(&library).arg(source).args(["-ldl", "-lpthread"]).status();
    status.ok()?.success().then_some(library)
}

#[test]
fn a_process_that_was_suspended_refreshes_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let Some(library) = library(directory.path()) else {
        return println!("skipped: no C compiler for Linux, which the preloaded clock needs");
    };
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "suspended_process::child_that_is_suspended", "--nocapture", "--ignored"])
        .env("LD_PRELOAD", library)
        .env("HOLD_FILE", directory.path().join("hold"))
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}{}", String::from_utf8_lossy(&child.stderr));
    assert!(output.contains("the clock was held"), "{output}");
}

async fn another_session(auth: &SessionManager) -> SessionManager {
    let other = auth.client().session_manager(MemoryStore::new()).await.unwrap();
    other.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    other
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_process_that_was_suspended_refreshes_at_once"]
async fn child_that_is_suspended() {
    let hold = PathBuf::from(env::var_os("HOLD_FILE").expect("HOLD_FILE"));
    let server = FakeServer::builder().token_lifetime(LIFETIME).start().await;
    let client = server.client().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let (in_background, one_of_many) = (another_session(&auth).await, another_session(&auth).await);
    let (_fresh, fresh) = (in_background.auto_refresh(), client.keep_fresh(4));
    fresh.add(&one_of_many);
    let former = [&in_background, &one_of_many].map(|auth| auth.session().unwrap().access_token().clone());

    let (wall, running) = (SystemTime::now(), Instant::now());
    fs::write(&hold, "").unwrap();
    thread::sleep(SUSPEND);
    assert!(running.elapsed() < SUSPEND / 2 && wall.elapsed().unwrap() >= SUSPEND);
    println!("the clock was held");

    // While the clock still stands.
    let before = server.count("token");
    auth.user().get().await.unwrap();
    assert!(server.count("token") > before);

    // Background tasks notice it within seconds after the machine has woken up.
    fs::remove_file(&hold).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    for (auth, former) in [&in_background, &one_of_many].into_iter().zip(former) {
        while *auth.session().unwrap().access_token() == former {
            assert!(Instant::now() < deadline, "the background refresh sleeps on");
            tokio::task::yield_now().await;
        }
    }
}
