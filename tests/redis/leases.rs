//! Leases: one holder at a time, which may crash, stop waiting, or be forgotten by the server.

use std::time::{Duration, Instant};

use futures::FutureExt;
use gotrue::{SessionStore, SignUp, store::RedisStore};
use gotrue_fake::{FakeServer, ManualClock};

use crate::server::Redis;

async fn store(redis: &Redis) -> RedisStore {
    redis.stores().await.session("1").unwrap()
}

async fn is_held(redis: &Redis) -> bool {
    redis.command(&["EXISTS", "app:lease:1"]).await
}

async fn until_free(redis: &Redis) {
    while is_held(redis).await {}
}

#[tokio::test]
async fn a_lease_has_one_holder_at_a_time_and_is_passed_on_quickly() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let first = store.lease().await.unwrap();
    let mut second = store.lease();
    for _ in 0..50 {
        assert!((&mut second).now_or_never().is_none(), "two at a time");
        assert!(is_held(&redis).await);
    }
    let began = Instant::now();
    drop(first);
    let second = second.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "well before it expires");
    drop(second);
    until_free(&redis).await;
}

#[tokio::test]
async fn a_dropped_caller_gets_no_lease() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let first = store.lease().await.unwrap();
    let mut waiting = store.lease();
    assert!((&mut waiting).now_or_never().is_none());
    drop(waiting);
    drop(first);
    // One future is never polled again, the other is dropped while its request is in flight.
    let mut asked_once = store.lease();
    assert!((&mut asked_once).now_or_never().is_none());
    drop(asked_once);
    until_free(&redis).await;
    store.lease().await.unwrap();
    until_free(&redis).await;
}

#[tokio::test]
async fn a_lease_lasts_as_long_as_its_holder_and_then_expires() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let turn = store.lease().await.unwrap();
    let left = async || redis.command::<i64>(&["PTTL", "app:lease:1"]).await;
    let mut before = left().await;
    assert!((1..=10_000).contains(&before));
    // It is extended.
    loop {
        let now = left().await;
        assert!(now > 0, "it has expired");
        if now > before {
            break;
        }
        before = now;
    }
    drop(turn);
    until_free(&redis).await;
}

#[tokio::test]
async fn only_its_holder_releases_a_lease() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let late = store.lease().await.unwrap();
    // The server forgets the lease, as after a failover, and another caller gets it.
    redis.command::<()>(&["FLUSHALL"]).await;
    let next = store.lease().await.unwrap();
    drop(late);
    // A caller that has waited without success, so that the drop has completed.
    let third = store.lease();
    assert!(third.now_or_never().is_none());
    assert!(is_held(&redis).await);
    drop(next);
    until_free(&redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_lease_costs_one_request_and_no_session() {
    let Some(redis) = Redis::start() else { return };
    let clock = ManualClock::new();
    // Only the parent of the current refresh token may be reused, as on any server.
    let server = FakeServer::builder().clock(clock.clone()).reuse_interval(Duration::ZERO).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let one = client.session_manager(store(&redis).await).await.unwrap();
    one.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let two = client.session_manager(store(&redis).await).await.unwrap();
    for round in 1..=20 {
        clock.advance(Duration::from_secs(7200));
        let both = async { tokio::join!(one.access_token(), two.access_token()) };
        let forgetting = async {
            for _ in 0..20 {
                redis.command::<()>(&["DEL", "app:lease:1"]).await;
            }
        };
        let ((first, second), ()) = tokio::join!(both, forgetting);
        first.unwrap();
        second.unwrap();
        let requests = server.count("token");
        assert!((round..=2 * round).contains(&requests), "{requests} in {round} rounds");
    }
}
