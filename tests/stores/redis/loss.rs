//! Lost connections, and a server that is down for a while.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use gotrue::{Event, RedisStores, SessionStore, SignUp};
use gotrue_fake::{FakeServer, ManualClock};
use support::stores::record;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::broadcast,
};

use crate::servers::redis::Redis;

/// A proxy in front of the server.
struct Proxy {
    url: String,
    cut: broadcast::Sender<()>,
    /// Whether the next response is dropped, together with its connection.
    drops_response: Arc<AtomicBool>,
}

impl Proxy {
    async fn start(redis: &Redis) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let (cut, drops_response) = (broadcast::Sender::new(1), Arc::new(AtomicBool::new(false)));
        let (address, cuts, drops) = (redis.address(), cut.clone(), drops_response.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&address).await.unwrap();
                let (mut cut, drops) = (cuts.subscribe(), drops.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = cut.recv() => {}
                        () = forward(client, server, &drops) => {}
                    }
                });
            }
        });
        Self { url, cut, drops_response }
    }
}

/// Forwards both directions, until one side closes or a response is to be dropped.
async fn forward(mut client: TcpStream, mut server: TcpStream, drops_response: &AtomicBool) {
    let (mut request, mut response) = ([0; 4096], [0; 4096]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Some(length) = read.ok().filter(|length| *length > 0) else { return };
                server.write_all(&request[..length]).await.unwrap();
            }
            read = server.read(&mut response) => {
                let Some(length) = read.ok().filter(|length| *length > 0) else { return };
                if drops_response.swap(false, Ordering::SeqCst) {
                    return;
                }
                let _ = client.write_all(&response[..length]).await;
            }
        }
    }
}

#[tokio::test]
async fn a_lost_connection_is_reestablished() {
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::start(&redis).await;
    let store = RedisStores::connect(&proxy.url, "app").await.unwrap().session("1").unwrap();
    let revision = |number| Some(record(number).revision());
    assert!(store.compare_and_swap(None, Some(record(1))).await.unwrap());
    proxy.cut.send(()).unwrap();
    assert_eq!(store.load().await.unwrap().map(|record| record.revision()), revision(1));
    proxy.cut.send(()).unwrap();
    assert!(store.compare_and_swap(revision(1), Some(record(2))).await.unwrap());
    proxy.cut.send(()).unwrap();
    let lease = store.lease().await.unwrap();
    proxy.cut.send(()).unwrap();
    drop(lease);
    store.lease().await.unwrap();
}

#[tokio::test]
async fn an_operation_whose_response_was_lost_counts_as_done() {
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::start(&redis).await;
    let store = RedisStores::connect(&proxy.url, "app").await.unwrap().session("1").unwrap();
    // Load the scripts into the server first, so that the lost response is that of the operation.
    let one = record(1);
    assert!(store.compare_and_swap(None, Some(one.clone())).await.unwrap());
    assert!(store.compare_and_swap(Some(one.revision()), None).await.unwrap());
    drop(store.lease().await.unwrap());

    proxy.drops_response.store(true, Ordering::SeqCst);
    assert!(store.compare_and_swap(None, Some(one.clone())).await.unwrap());
    assert!(!proxy.drops_response.load(Ordering::SeqCst));
    proxy.drops_response.store(true, Ordering::SeqCst);
    let lease = store.lease().await.unwrap();
    assert!(!proxy.drops_response.load(Ordering::SeqCst));
    drop(lease);
    store.lease().await.unwrap();
    assert_eq!(store.load().await.unwrap().unwrap().revision(), one.revision());
}

#[tokio::test]
async fn a_server_that_is_down_for_a_while_ends_no_session() {
    let Some(mut redis) = Redis::start() else { return };
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).reuse_interval(Duration::ZERO).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let store = redis.stores().await.session("1").unwrap();
    let auth = client.session_manager(store.clone()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();

    redis.stop().await;
    let mut events = auth.events();
    clock.advance(Duration::from_secs(7200));
    auth.access_token().await.unwrap();
    assert_eq!(server.count("token"), 1);
    assert!(matches!(events.next().await, Some(Event::InitialSession(Some(_)))));
    assert!(matches!(events.next().await, Some(Event::StoreFailed(_))));

    // It comes back with the old session, and the next refresh stores the current one.
    redis.restart();
    clock.advance(Duration::from_secs(7200));
    let token = auth.access_token().await.unwrap();
    let elsewhere = client.session_manager(store).await.unwrap();
    assert_eq!(elsewhere.access_token().await.unwrap(), token);
    assert_eq!(server.count("token"), 2);
}
