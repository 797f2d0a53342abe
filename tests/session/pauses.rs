//! Pauses between refreshes. Kinds: failures, `Retry-After` in all forms, and lifetimes so short that each token is due
//! at once.

use std::time::Duration;

use gotrue::Clock;
use serde_json::json;
use support::scripted::Step;

use crate::play::{HOUR, error, names, ok, play, tokens};

#[tokio::test]
async fn a_temporary_failure_is_retried_with_the_same_token() {
    let play = play([Step::html(503), Step::Close, error(409, "conflict"), ok("second")]).await;
    let mut events = play.auth.events();
    let token = play.drive(play.auth.access_token()).await.unwrap();
    assert_eq!((token.expose(), play.refreshes()), ("access-second", 4));
    assert_eq!(names(&mut events).await, ["initial: session", "refreshed"]);
}

#[tokio::test]
async fn the_pause_after_failed_refreshes_grows() {
    // A caller who has no good token tries every five seconds at most; the pauses before that are shorter. This used to
    // be up to two minutes, in which a server that was up again was not asked.
    for is_explicit in [false, true] {
        let play = play(std::iter::repeat_with(|| error(400, "bad_json")).take(100)).await;
        let started = play.clock.uptime();
        for _ in 0..3_000 {
            let failed =
                if is_explicit { play.auth.refresh().await.err() } else { play.auth.access_token().await.err() };
            assert!(failed.is_some());
            play.clock.advance(Duration::from_millis(100));
        }
        assert_eq!(play.clock.uptime() - started, Duration::from_secs(300));
        let refreshes = play.refreshes();
        assert!((59..=66).contains(&refreshes), "{refreshes} refreshes in five minutes, explicit: {is_explicit}");
        assert!(play.auth.session().is_some());
    }
}

#[tokio::test]
async fn a_retry_after_of_the_server_is_respected() {
    let busy = |wait: &str| {
        let headers = vec![("content-type", "application/json".to_owned()), ("retry-after", wait.to_owned())];
        Step::Reply(429, headers, json!({ "code": "over_request_rate_limit", "message": "no" }).to_string())
    };
    let play = play([busy("2"), ok("second"), busy("600"), ok("third")]).await;
    let before = play.clock.uptime();
    let token = play.drive(play.auth.access_token()).await.unwrap();
    assert_eq!(token.expose(), "access-second");
    assert!(play.clock.uptime() - before >= Duration::from_secs(2));

    play.clock.advance(2 * HOUR);
    let failed = play.auth.access_token().await.unwrap_err();
    assert_eq!(failed.retry_after(), Some(Duration::from_secs(600)));
    play.clock.advance(Duration::from_secs(599));
    assert!(play.auth.access_token().await.is_err());
    assert_eq!(play.refreshes(), 3);
    play.clock.advance(Duration::from_secs(1));
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-third");
}

#[tokio::test]
async fn a_wait_that_is_over_already_does_not_shorten_the_pause() {
    for wait in ["0", "", "-1", "soon", "0.5", "Tue, 24 Nov 2020 00:00:00 GMT", "99999999999999999999999"] {
        for status in [429, 503] {
            let busy = || {
                let headers = vec![("content-type", "application/json".to_owned()), ("retry-after", wait.to_owned())];
                Step::Reply(status, headers, json!({ "code": "over_request_rate_limit" }).to_string())
            };
            let play = play((0..200).map(|_| busy())).await;
            play.drive(play.auth.access_token()).await.unwrap_err();
            // The request and its retries.
            let sent = play.refreshes();
            assert!(sent <= 4, "{status} {wait}: {sent}");
            for _ in 0..200 {
                play.auth.access_token().await.unwrap_err();
                play.auth.refresh().await.unwrap_err();
                play.auth.user().get().await.unwrap_err();
            }
            assert_eq!(play.refreshes(), sent, "{status} {wait}");
        }
    }
}

#[tokio::test]
async fn a_lifetime_of_nothing_does_not_refresh_at_each_call() {
    for expires_in in [0, -5, 1, i64::MIN] {
        let lifetime = |name: &str| {
            let mut tokens = tokens(name);
            tokens["expires_in"] = json!(expires_in);
            Step::json(200, &tokens)
        };
        let play = play((0..200).map(|n| lifetime(&n.to_string()))).await;
        for _ in 0..200 {
            play.auth.access_token().await.unwrap();
        }
        assert_eq!(play.refreshes(), 1, "expires_in {expires_in}");
    }
}

#[tokio::test]
async fn a_lifetime_of_nothing_is_refreshed_once_a_second_in_the_background() {
    for expires_in in [0, -5, 1] {
        let mut tokens = tokens("n");
        tokens["expires_in"] = json!(expires_in);
        for is_one_of_many in [false, true] {
            let play = play((0..200).map(|_| Step::json(200, &tokens))).await;
            let client = play.auth.client().clone();
            let _alone = (!is_one_of_many).then(|| play.auth.auto_refresh());
            let many = client.keep_fresh(1);
            if is_one_of_many {
                many.add(&play.auth);
            }
            for _ in 0..100 {
                play.clock.advance(Duration::from_millis(100));
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
            }
            let refreshes = play.refreshes();
            assert!((1..=11).contains(&refreshes), "{expires_in} {is_one_of_many}: {refreshes} in ten seconds");
        }
    }
}
