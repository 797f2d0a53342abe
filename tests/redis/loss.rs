//! Lost connections, and a server that is down.

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

use crate::server::Redis;

/// A proxy of the server.
struct Proxy {
    url: String,
    cut: broadcast::Sender<()>,
    /// Whether the next response is dropped, and the connection closed.
    loses_answer: Arc<AtomicBool>,
}

impl Proxy {
    async fn before(redis: &Redis) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let (cut, loses_answer) = (broadcast::Sender::new(1), Arc::new(AtomicBool::new(false)));
        let (address, cuts, loses) = (redis.address(), cut.clone(), loses_answer.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&address).await.unwrap();
                let (mut cut, loses) = (cuts.subscribe(), loses.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = cut.recv() => {}
                        () = between(client, server, &loses) => {}
                    }
                });
            }
        });
        Self { url, cut, loses_answer }
    }
}

/// Forwards both directions until one side closes or a response is to be dropped.
async fn between(mut client: TcpStream, mut server: TcpStream, loses_answer: &AtomicBool) {
    let (mut question, mut answer) = ([0; 4096], [0; 4096]);
    loop {
        tokio::select! {
            read = client.read(&mut question) => {
                let Some(length) = read.ok().filter(|length| *length > 0) else { return };
                server.write_all(&question[..length]).await.unwrap();
            }
            read = server.read(&mut answer) => {
                let Some(length) = read.ok().filter(|length| *length > 0) else { return };
                if loses_answer.swap(false, Ordering::SeqCst) {
                    return;
                }
                let _ = client.write_all(&answer[..length]).await;
            }
        }
    }
}

#[tokio::test]
async fn a_lost_connection_is_reopened() {
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::before(&redis).await;
    let store = RedisStores::connect(&proxy.url, "app").await.unwrap().session("1").unwrap();
    let revision = |number| async move { Some(record(number).await.revision()) };
    assert!(store.compare_and_swap(None, Some(record(1).await)).await.unwrap());
    proxy.cut.send(()).unwrap();
    assert_eq!(store.load().await.unwrap().map(|record| record.revision()), revision(1).await);
    proxy.cut.send(()).unwrap();
    assert!(store.compare_and_swap(revision(1).await, Some(record(2).await)).await.unwrap());
    proxy.cut.send(()).unwrap();
    let turn = store.lease().await.unwrap();
    proxy.cut.send(()).unwrap();
    drop(turn);
    store.lease().await.unwrap();
}

#[tokio::test]
async fn a_write_is_known_even_if_its_response_was_lost() {
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::before(&redis).await;
    let store = RedisStores::connect(&proxy.url, "app").await.unwrap().session("1").unwrap();
    // The server has the scripts loaded, so the dropped response is that of the write.
    let one = record(1).await;
    assert!(store.compare_and_swap(None, Some(one.clone())).await.unwrap());
    assert!(store.compare_and_swap(Some(one.revision()), None).await.unwrap());
    drop(store.lease().await.unwrap());

    proxy.loses_answer.store(true, Ordering::SeqCst);
    assert!(store.compare_and_swap(None, Some(one.clone())).await.unwrap());
    assert!(!proxy.loses_answer.load(Ordering::SeqCst));
    proxy.loses_answer.store(true, Ordering::SeqCst);
    let turn = store.lease().await.unwrap();
    assert!(!proxy.loses_answer.load(Ordering::SeqCst));
    drop(turn);
    store.lease().await.unwrap();
    assert_eq!(store.load().await.unwrap().unwrap().revision(), one.revision());
}

#[tokio::test]
async fn a_server_that_is_down_ends_no_session() {
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

    // It restarts with the old session, and the current one is written to it.
    redis.start_again();
    clock.advance(Duration::from_secs(7200));
    let token = auth.access_token().await.unwrap();
    let elsewhere = client.session_manager(store).await.unwrap();
    assert_eq!(elsewhere.access_token().await.unwrap(), token);
    assert_eq!(server.count("token"), 2);
}
