//! Records: compare-and-swap, time to live, encryption, corruption.

use std::time::{Duration, Instant};

use gotrue::{Client, Error, Password, RedisStores, SessionStore, SignUp};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Value, json};
use support::{
    self,
    log_buffer::LogBuffer,
    stores::{compares_and_swaps, record},
};

use crate::servers::redis::Redis;

const KEY: [u8; 32] = [7; 32];

#[tokio::test]
async fn a_redis_store_compares_and_swaps() {
    let Some(redis) = Redis::start() else { return };
    compares_and_swaps(redis.stores().await.session("1").unwrap()).await;
    compares_and_swaps(redis.stores().await.encrypt(&KEY).unwrap().session("1").unwrap()).await;
    compares_and_swaps(redis.stores().await.time_to_live(Duration::from_secs(9)).session("1").unwrap()).await;
}

#[tokio::test]
async fn sessions_and_services_are_separate() {
    let Some(redis) = Redis::start() else { return };
    let other = RedisStores::connect(&redis.url(), "other").await.unwrap();
    let stores = redis.stores().await;
    let [mine, next, theirs] = [stores.session("1"), stores.session("2"), other.session("1")].map(Result::unwrap);
    assert!(mine.compare_and_swap(None, Some(record(1))).await.unwrap());
    assert!(next.load().await.unwrap().is_none());
    assert!(theirs.load().await.unwrap().is_none());
    assert!(theirs.compare_and_swap(None, Some(record(2))).await.unwrap());
    assert_eq!(mine.load().await.unwrap().unwrap().revision(), record(1).revision());
    let _lease = mine.lease().await.unwrap();
    theirs.lease().await.unwrap();
    let mut keys: Vec<String> = redis.command(&["KEYS", "*:session:*"]).await;
    keys.sort();
    assert_eq!(keys, ["app:session:1", "other:session:1"]);
}

#[tokio::test]
async fn an_error_that_is_not_about_the_connection_is_returned_at_once() {
    let Some(redis) = Redis::start() else { return };
    let store = redis.stores().await.session("1").unwrap();
    redis.command::<()>(&["ACL", "SETUSER", "default", "-evalsha"]).await;
    let started = Instant::now();
    store.compare_and_swap(None, Some(record(1))).await.unwrap_err();
    // An operation is retried for three seconds.
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn the_time_to_live_counts_from_the_last_write() {
    let Some(redis) = Redis::start() else { return };
    let remaining = async || redis.command::<i64>(&["PTTL", "app:session:1"]).await;
    let store = redis.stores().await.session("1").unwrap();
    store.compare_and_swap(None, Some(record(1))).await.unwrap();
    assert_eq!(remaining().await, -1, "no limit");

    let store = redis.stores().await.time_to_live(Duration::from_secs(1000)).session("1").unwrap();
    store.compare_and_swap(Some(record(1).revision()), Some(record(2))).await.unwrap();
    assert!((990_000..=1_000_000).contains(&remaining().await));
    redis.command::<()>(&["EXPIRE", "app:session:1", "5"]).await;
    store.load().await.unwrap();
    assert!(remaining().await <= 5000, "a read does not extend it");
    store.compare_and_swap(Some(record(2).revision()), Some(record(3))).await.unwrap();
    assert!(remaining().await > 990_000);
    redis.command::<()>(&["PEXPIRE", "app:session:1", "0"]).await;
    assert!(store.load().await.unwrap().is_none());

    let store = redis.stores().await.time_to_live(Duration::MAX).session("1").unwrap();
    store.compare_and_swap(None, Some(record(1))).await.unwrap();
    assert!(remaining().await > 1_000_000_000);
}

#[tokio::test]
async fn an_encrypted_session_is_read_with_its_key_and_under_its_id_alone() {
    let Some(redis) = Redis::start() else { return };
    let stores = redis.stores().await.encrypt(&KEY).unwrap();
    let store = stores.session("1").unwrap();
    store.compare_and_swap(None, Some(record(1))).await.unwrap();
    assert!(store.load().await.unwrap().is_some());
    let bytes: Vec<u8> = redis.command(&["GET", "app:session:1"]).await;
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains(support::ACCESS_TOKEN) && !text.contains("ada@example.com"), "{text}");

    let with_another_key = redis.stores().await.encrypt(&[8; 32]).unwrap().session("1").unwrap();
    assert!(with_another_key.load().await.unwrap().is_none());
    assert!(redis.stores().await.session("1").unwrap().load().await.unwrap().is_none());
    redis.command::<()>(&["COPY", "app:session:1", "app:session:2"]).await;
    assert!(stores.session("2").unwrap().load().await.unwrap().is_none());
    // A change of the revision, the nonce, the ciphertext or the tag is detected.
    redis.command::<()>(&["COPY", "app:session:1", "unchanged"]).await;
    for offset in [0, 36, 60, bytes.len() - 1] {
        redis.command::<()>(&["COPY", "unchanged", "app:session:1", "REPLACE"]).await;
        assert!(store.load().await.unwrap().is_some());
        let other = if bytes[offset] == b'x' { "y" } else { "x" };
        redis.command::<()>(&["SETRANGE", "app:session:1", &offset.to_string(), other]).await;
        assert!(store.load().await.unwrap().is_none(), "{offset}");
    }
    // A record that cannot be read may be overwritten.
    assert!(with_another_key.compare_and_swap(None, Some(record(2))).await.unwrap());
    assert_eq!(with_another_key.load().await.unwrap().unwrap().revision(), record(2).revision());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_counts_as_absent_and_is_overwritten() {
    let Some(redis) = Redis::start() else { return };
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let revision = record(1).revision();
    let newer_version = {
        let mut json: Value = serde_json::from_slice(&record(1).to_json().unwrap()).unwrap();
        json["version"] = json!(2);
        format!("{revision}{json}")
    };
    let other_revision = format!("{}{}", record(2).revision(), serde_json::to_string(&record(1)).unwrap());
    let corrupt = ["", "{", "null", &"\u{0}".repeat(99), &revision.to_string(), &newer_version, &other_revision];
    let strings = corrupt.map(|record| vec!["SET", "app:session:1", record]);
    let others = [vec!["HSET", "app:session:1", "string", "1"], vec!["RPUSH", "app:session:1", "string"]];
    for corrupt in strings.into_iter().chain(others) {
        redis.command::<()>(&["DEL", "app:session:1"]).await;
        redis.command::<()>(&corrupt).await;
        let store = redis.stores().await.session("1").unwrap();
        let auth = client.session_manager(store.clone()).await.unwrap();
        assert!(auth.session().is_none(), "{corrupt:?}");
        auth.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
        let again = client.session_manager(store).await.unwrap();
        assert_eq!(again.session().unwrap().access_token(), auth.session().unwrap().access_token(), "{corrupt:?}");
    }
}

#[tokio::test]
async fn unreadable_records_are_logged_once() {
    let Some(redis) = Redis::start() else { return };
    let written = LogBuffer::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _on_this_thread = tracing::subscriber::set_default(subscriber);
    let stores = redis.stores().await;
    for id in ["1", "2"] {
        redis.command::<()>(&["SET", &format!("app:session:{id}"), "private"]).await;
        for _ in 0..2 {
            assert!(stores.session(id).unwrap().load().await.unwrap().is_none());
        }
    }
    let text = written.text();
    assert_eq!(text.matches("WARN").count(), 1, "{text}");
    assert!(text.contains("a stored session cannot be read") && !text.contains("private"), "{text}");
}

#[tokio::test]
async fn invalid_input_is_refused_and_secrets_are_not_shown() {
    let bad_scheme = RedisStores::connect("http://:hunter2-planted@127.0.0.1", "app").await.unwrap_err();
    assert!(matches!(bad_scheme, Error::Store(_)), "{bad_scheme:?}");
    let no_server = RedisStores::connect("redis://:hunter2-planted@127.0.0.1:1", "app").await.unwrap_err();
    assert!(matches!(no_server, Error::Store(_)), "{no_server:?}");
    for error in [&bad_scheme, &no_server] {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        assert!(!format!("{error} {error:?} {cause:?}").contains("hunter2"));
    }
    let Some(redis) = Redis::start() else { return };
    assert!(matches!(RedisStores::connect(&redis.url(), "").await, Err(Error::InvalidInput { .. })));
    assert!(matches!(redis.stores().await.session(" "), Err(Error::InvalidInput { .. })));
    let too_short = redis.stores().await.time_to_live(Duration::from_micros(999));
    assert!(matches!(too_short.session("1"), Err(Error::InvalidInput { .. })));

    let stores = redis.stores().await.encrypt(&KEY).unwrap();
    let store = stores.session("cookie-planted").unwrap();
    let debug = format!("{stores:?} {store:?}");
    assert!(debug.contains("app") && !debug.contains("planted") && !debug.contains('7'), "{debug}");
}

/// Signed in by one process, refreshed and signed out by another.
#[tokio::test]
async fn a_session_is_shared_by_all_processes() {
    let Some(redis) = Redis::start() else { return };
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = || -> Client { server.client_builder().clock(clock.clone()).build().unwrap() };
    let store = async || redis.stores().await.encrypt(&KEY).unwrap().session("1").unwrap();
    let here = client().session_manager(store().await).await.unwrap();
    here.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let there = client().session_manager(store().await).await.unwrap();
    clock.advance(Duration::from_secs(7200));
    let token = there.access_token().await.unwrap();
    assert_eq!(here.access_token().await.unwrap(), token);
    assert_eq!(server.count("token"), 1);
    there.sign_out(gotrue::SignOutScope::Local).await.unwrap();
    clock.advance(Duration::from_secs(7200));
    assert!(matches!(here.access_token().await, Err(Error::NoSession)));
    assert_eq!(server.count("token"), 1);
}
