//! A process whose monotonic clock is held still by a preloaded library, as on a suspended machine. Linux only.
//!
//! Kinds of waits: the expiry of tokens, background refresh of one session and of many, the pause after a failed refresh,
//! open flows, and the age of keys. `suspend.rs` tests the same on a manual clock.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime},
};

use gotrue::{
    Client, ErrorCode, MemoryStore, Password, PkceFlows, SessionManager, SignUp,
    auth::{FlowKind, PkceFlow},
    chrono,
};
use gotrue_fake::{FakeServer, Fault};
use serde_json::json;

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

async fn another_session(client: &Client) -> SessionManager {
    let other = client.session_manager(MemoryStore::new()).await.unwrap();
    other.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    other
}

/// A flow that expires during the suspend.
fn open_flow() -> PkceFlows {
    let mut flows = PkceFlows::new();
    flows.start(FlowKind::SignIn).unwrap();
    let mut saved = serde_json::to_value(flows.save()).unwrap();
    saved[0]["id"] = json!("id");
    saved[0]["expires_at"] = json!(chrono::Utc::now() + LIFETIME);
    let mut flows = PkceFlows::new();
    flows.restore(serde_json::from_value::<Vec<PkceFlow>>(saved).unwrap());
    assert_eq!(flows.len(), 1);
    flows
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_process_that_was_suspended_refreshes_at_once"]
async fn child_that_is_suspended() {
    let hold = PathBuf::from(env::var_os("HOLD_FILE").expect("HOLD_FILE"));
    let server = FakeServer::builder().token_lifetime(LIFETIME).start().await;
    let client = server.client().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let (in_background, one_of_many) = (another_session(&client).await, another_session(&client).await);
    let pausing = another_session(&server.client_builder().retries(0).build().unwrap()).await;
    let wait = LIFETIME.as_secs().to_string();
    server.fail(Fault::error(503, ErrorCode::UnexpectedFailure).retry_after(wait).of("token"));
    pausing.refresh().await.unwrap_err();
    let mut flows = open_flow();
    let keys = client.jwt_verifier().key_ttl(LIFETIME);
    keys.verify(auth.session().unwrap().access_token()).await.unwrap();
    let forgotten_keys = server.client().unwrap().jwt_verifier().max_key_age(LIFETIME);
    forgotten_keys.verify(auth.session().unwrap().access_token()).await.unwrap();
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
    pausing.refresh().await.expect("the pause is over");
    assert!(flows.is_empty() && flows.take("id").is_err());
    let fetched = server.count("jwks");
    let token = auth.access_token().await.unwrap();
    forgotten_keys.verify(&token).await.unwrap();
    assert_eq!(server.count("jwks"), fetched + 1, "keys beyond their maximum age are fetched first");
    keys.verify(&token).await.unwrap();
    let deadline = SystemTime::now() + Duration::from_secs(20);
    while server.count("jwks") == fetched + 1 {
        assert!(SystemTime::now() < deadline, "older keys are renewed in the background");
        tokio::task::yield_now().await;
    }

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
