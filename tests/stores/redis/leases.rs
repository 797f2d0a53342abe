//! Leases: one holder at a time, which may die, stop waiting, or be forgotten by the server.

use std::time::{Duration, Instant};

use futures::FutureExt;
use gotrue::{SessionStore, SignUp, store::RemoteStore};
use gotrue_fake::{FakeServer, ManualClock};

use crate::servers::redis::Redis;

async fn store(redis: &Redis) -> RemoteStore {
    redis.stores().await.session("1").unwrap()
}

async fn is_held(redis: &Redis) -> bool {
    redis.command(&["EXISTS", "app:lease:1"]).await
}

async fn wait_until_free(redis: &Redis) {
    while is_held(redis).await {}
}

#[tokio::test]
async fn a_lease_has_one_holder_at_a_time_and_the_next_gets_it_soon() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let first = store.lease().await.unwrap();
    let mut second = store.lease();
    for _ in 0..50 {
        assert!((&mut second).now_or_never().is_none(), "two holders");
        assert!(is_held(&redis).await);
    }
    let started = Instant::now();
    drop(first);
    let second = second.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "well before the lease expires");
    drop(second);
    wait_until_free(&redis).await;
}

/// Returns how often scripts were run, such as the one that claims a lease.
async fn scripts_run(redis: &Redis) -> u64 {
    let info: String = redis.command(&["INFO", "commandstats"]).await;
    let calls = |line: &str| line.strip_prefix("cmdstat_evalsha:calls=")?.split_once(',')?.0.parse().ok();
    info.lines().find_map(calls).unwrap_or(0)
}

#[tokio::test]
async fn a_waiting_caller_asks_less_and_less_often() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let _first = store.lease().await.unwrap();
    let before = scripts_run(&redis).await;
    let mut second = store.lease();
    assert!((&mut second).now_or_never().is_none());
    // Passes 300 milliseconds.
    let nothing: Option<String> = redis.command(&["BLPOP", "nothing", "0.3"]).await;
    assert_eq!(nothing, None);
    let claims = scripts_run(&redis).await - before;
    assert!((1..=20).contains(&claims), "{claims}");
}

#[tokio::test]
async fn a_caller_that_stops_waiting_gets_no_lease() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let first = store.lease().await.unwrap();
    let mut waiting = store.lease();
    assert!((&mut waiting).now_or_never().is_none());
    drop(waiting);
    drop(first);
    // A future that is dropped while its claim is on its way to the server.
    let mut polled_once = store.lease();
    assert!((&mut polled_once).now_or_never().is_none());
    drop(polled_once);
    wait_until_free(&redis).await;
    store.lease().await.unwrap();
    wait_until_free(&redis).await;
}

#[tokio::test]
async fn a_lease_lasts_as_long_as_its_holder_and_expires_without_one() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let lease = store.lease().await.unwrap();
    let remaining = async || redis.command::<i64>(&["PTTL", "app:lease:1"]).await;
    let mut before = remaining().await;
    assert!((1..=10_000).contains(&before));
    // It is extended.
    loop {
        let now = remaining().await;
        assert!(now > 0, "the lease has expired");
        if now > before {
            break;
        }
        before = now;
    }
    drop(lease);
    wait_until_free(&redis).await;
}

#[tokio::test]
async fn a_lease_is_released_by_its_holder_alone() {
    let Some(redis) = Redis::start() else { return };
    let store = store(&redis).await;
    let late = store.lease().await.unwrap();
    // The server loses the lease, as in a failover, and another holder gets it.
    redis.command::<()>(&["FLUSHALL"]).await;
    let next = store.lease().await.unwrap();
    drop(late);
    // Give the release a chance to reach the server.
    let third = store.lease();
    assert!(third.now_or_never().is_none());
    assert!(is_held(&redis).await);
    drop(next);
    wait_until_free(&redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_the_server_loses_costs_one_request_and_no_session() {
    let Some(redis) = Redis::start() else { return };
    let clock = ManualClock::new();
    // Without a reuse interval the server accepts a used refresh token only if it is the parent of the current one.
    let server = FakeServer::builder().clock(clock.clone()).reuse_interval(Duration::ZERO).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let one = client.session_manager(store(&redis).await).await.unwrap();
    one.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let two = client.session_manager(store(&redis).await).await.unwrap();
    for round in 1..=20 {
        clock.advance(Duration::from_secs(7200));
        let both = async { tokio::join!(one.access_token(), two.access_token()) };
        let losing = async {
            for _ in 0..20 {
                redis.command::<()>(&["DEL", "app:lease:1"]).await;
            }
        };
        let ((first, second), ()) = tokio::join!(both, losing);
        first.unwrap();
        second.unwrap();
        let requests = server.count("token");
        assert!((round..=2 * round).contains(&requests), "{requests} in {round} rounds");
    }
}
