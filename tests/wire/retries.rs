//! What is sent again, when, and how often.

use std::time::Duration;

use gotrue::{Client, ClientBuilder, Clock, Error, ErrorCode, Password, SignUp};
use gotrue_fake::{FakeServer, Fault};
use support::{auto_clock::AutoClock, client_of, server_that_answers};
use wiremock::ResponseTemplate;

const PASSWORD: &str = "correct-horse-7";

struct World {
    server: FakeServer,
    clock: AutoClock,
    client: Client,
}

async fn world(set_up: fn(ClientBuilder) -> ClientBuilder) -> World {
    let clock = AutoClock::default();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = set_up(server.client_builder().clock(clock.clone())).build().unwrap();
    World { server, clock, client }
}

fn busy() -> Fault {
    Fault::page(503)
}

#[tokio::test]
async fn a_call_that_does_no_harm_comes_through_once_the_server_does() {
    let World { server, clock, client } = world(|builder| builder).await;
    server.fail(busy().times(2));
    server.fail(Fault::truncated());
    client.settings().await.unwrap();
    assert_eq!((server.count("settings"), clock.sleeps()), (4, 3));
    // 200, 400 and 800 milliseconds, each with up to as much again by chance.
    let waited = clock.uptime();
    assert!((Duration::from_millis(1400)..=Duration::from_millis(2800)).contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn an_answer_that_was_lost_does_not_lose_the_session() {
    let World { server, client, .. } = world(|builder| builder).await;
    let session = client.sign_up(SignUp::email("ada@example.com", PASSWORD)).await.unwrap().session().unwrap();
    // The server has spent the token, and nobody has heard of the new one.
    server.fail(Fault::reset_in_body().of("token"));
    let renewed = client.refresh(session.refresh_token()).await.unwrap();
    assert_ne!(renewed.refresh_token(), session.refresh_token());
    client.refresh(renewed.refresh_token()).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_or_sign_up_is_never_sent_twice() {
    let World { server, client, .. } = world(|builder| builder).await;
    for fault in [busy(), Fault::truncated(), Fault::reset(), Fault::page(200)] {
        server.fail(fault.clone().of("sign_up"));
        client.sign_up(SignUp::email("ada@example.com", PASSWORD)).await.unwrap_err();
        server.fail(fault.of("token"));
        client.sign_in(Password::email("ada@example.com", PASSWORD)).await.unwrap_err();
    }
    assert_eq!((server.count("sign_up"), server.count("token")), (4, 4));
}

#[tokio::test]
async fn a_get_that_changes_something_is_sent_once() {
    let World { server, client, .. } = world(|builder| builder).await;
    let session = client.sign_up(SignUp::email("ada@example.com", PASSWORD)).await.unwrap().session().unwrap();
    let user = client.user(session.access_token());
    server.fail(busy().of("reauthenticate"));
    user.reauthenticate().await.unwrap_err();
    server.fail(busy().of("oauth_authorization"));
    user.oauth().authorization("an-authorization").await.unwrap_err();
    assert_eq!((server.count("reauthenticate"), server.count("oauth_authorization")), (1, 1));
}

#[tokio::test]
async fn retries_are_as_many_as_were_asked_for() {
    for (retries, sent) in [(0, 1), (1, 2), (7, 8)] {
        let clock = AutoClock::default();
        let server = FakeServer::start().await;
        let client = server.client_builder().clock(clock.clone()).timeout(Duration::from_secs(300)).retries(retries);
        let client = client.build().unwrap();
        server.fail(busy().times(100));
        assert_eq!(client.health().await.unwrap_err().status().unwrap(), 503);
        assert_eq!((server.count("health"), clock.sleeps()), (sent, retries));
    }
}

#[tokio::test]
async fn retries_take_no_longer_than_the_time_out() {
    let World { server, clock, client } = world(|builder| builder.timeout(Duration::from_secs(1)).retries(100)).await;
    server.fail(busy().times(1000));
    client.health().await.unwrap_err();
    assert!(clock.sleeps() >= 1 && clock.uptime() < Duration::from_secs(1), "{:?}", clock.uptime());
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_kept_when_it_is_short() {
    let World { server, clock, client } = world(|builder| builder).await;
    let limit = || Fault::error(429, ErrorCode::OverRequestRateLimit);
    server.fail(limit().retry_after("4"));
    client.health().await.unwrap();
    assert!(clock.uptime() >= Duration::from_secs(4), "{:?}", clock.uptime());

    let before = clock.uptime();
    server.fail(limit().retry_after("30"));
    let error = client.health().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    // Without a hint, a limit is not used up further.
    server.fail(limit());
    client.health().await.unwrap_err();
    assert_eq!((clock.uptime(), server.count("health")), (before, 4));
}

#[tokio::test]
async fn a_reply_that_is_too_large_is_refused_and_not_asked_for_again() {
    let reply = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "name": "x".repeat(100_000) }));
    let server = server_that_answers(reply).await;
    client_of(&server).health().await.unwrap();
    let client = Client::builder().base_url(server.uri()).max_response_size(50_000).build().unwrap();
    let error = client.health().await.unwrap_err();
    assert!(matches!(error, Error::UnreadableResponse(_)) && !error.is_retryable(), "{error:?}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the response is larger than 50000 bytes");
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}
