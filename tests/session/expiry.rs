//! No token is returned at or after its expiry, and no caller waits for a refresh while the token is valid. Kinds:
//! clocks that are wrong, sessions from a store, slow responses, and servers that hang.

use std::time::Duration;

use futures::FutureExt;
use gotrue::{Clock, Error, MemoryStore, Password, ProfileUpdate, SignUp, error::TokenError};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Value, json};
use support::scripted::Step;

use crate::play::{EMAIL, HOUR, PASSWORD, Play, error, ok, play, play_within, tokens, world};

#[tokio::test]
async fn a_clock_that_is_off_by_a_day_causes_neither_a_refresh_storm_nor_a_sign_out() {
    let day = chrono::Duration::days(1);
    for off in [-day, day] {
        let clock = ManualClock::new();
        let server = FakeServer::builder().clock(clock.clone()).start().await;
        // The clock of the device is wrong from the start.
        let device = ManualClock::at(clock.now() + off);
        let client = server.client_builder().clock(device.clone()).build().unwrap();
        let store = MemoryStore::new();
        let auth = client.session_manager(store.clone()).await.unwrap();
        auth.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
        for _ in 0..100 {
            auth.user().get().await.unwrap();
        }
        assert_eq!(server.count("token"), 0, "{off}");
        assert_eq!(client.clock_skew(), Some(-off));

        // The clock is corrected while the session is in use: nothing happens.
        device.set(clock.now());
        for _ in 0..100 {
            auth.user().get().await.unwrap();
        }
        assert_eq!(server.count("token"), 0, "{off}");

        // It restarts with the right time and the session from the store: at most one refresh.
        let again = client.session_manager(store).await.unwrap();
        for _ in 0..100 {
            again.user().get().await.unwrap();
        }
        assert!(server.count("token") <= 1, "{off}: {}", server.count("token"));
        assert!(again.session().is_some());

        // Time passes for both, and a refresh is due as usual.
        let before = server.count("token");
        clock.advance(2 * HOUR);
        device.advance(2 * HOUR);
        again.user().get().await.unwrap();
        assert_eq!(server.count("token"), before + 1, "{off}");
    }
}

#[tokio::test]
async fn a_session_from_the_store_keeps_its_expiry() {
    let world = world().await;
    let store = MemoryStore::new();
    let client = world.auth.client();
    let auth = client.session_manager(store.clone()).await.unwrap();
    let token = auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap().access_token().clone();
    world.clock.advance(HOUR / 2);
    let again = client.session_manager(store.clone()).await.unwrap();
    assert_eq!(again.access_token().await.unwrap(), token);
    world.clock.advance(HOUR / 2);
    let again = client.session_manager(store).await.unwrap();
    assert_ne!(again.access_token().await.unwrap(), token);
}

#[tokio::test]
async fn a_slow_response_does_not_make_its_token_last_longer() {
    let (slow, go) = ok("slow").held_back();
    let play = play([slow, ok("next")]).await;
    let waiting = play.ask_in_background();
    play.server.received(2).await;
    play.clock.advance(HOUR - Duration::from_secs(1));
    go.send(()).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().expose(), "access-next");
}

#[tokio::test]
async fn the_expiry_time_of_a_session_counts_from_before_its_request() {
    let (slow, go) = ok("slow").held_back();
    let play = play([slow]).await;
    let asked_at = play.clock.now();
    let waiting = play.ask_in_background();
    play.server.received(2).await;
    play.clock.advance(Duration::from_secs(30));
    go.send(()).unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(play.auth.session().unwrap().expires_at(), asked_at + HOUR);
}

#[tokio::test]
async fn a_valid_token_stays_usable_after_a_failed_refresh() {
    let play = play([ok("second"), error(400, "bad_json"), Step::Hang]).await;
    play.auth.access_token().await.unwrap();
    play.clock.advance(HOUR - Duration::from_secs(30));
    assert!(play.auth.refresh().await.is_err());
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
    assert_eq!(play.refreshes(), 2);

    // While the token is valid, no caller waits for a server that hangs. Nothing is sent until the end of the pause.
    play.clock.advance(Duration::from_secs(2));
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
    play.server.received(4).await;
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
    assert_eq!(play.refreshes(), 3);
}

/// A session whose tokens live this many seconds.
fn short_lived(name: &str, lifetime: u64) -> Value {
    let mut tokens = tokens(name);
    tokens["expires_in"] = json!(lifetime);
    tokens
}

/// Steps that wait until they are released, each a response to a refresh.
fn held_back(lifetime: u64) -> (Vec<Step>, Vec<tokio::sync::oneshot::Sender<()>>) {
    (0..10).map(|number| Step::json(200, &short_lived(&number.to_string(), lifetime)).held_back()).unzip()
}

/// Releases the responses, each after this delay, until the caller is done.
async fn release(play: &Play, releases: Vec<tokio::sync::oneshot::Sender<()>>, delay: u64, is_done: impl Fn() -> bool) {
    for (number, release) in releases.into_iter().enumerate() {
        while play.server.requests().len() < number + 2 {
            if is_done() {
                return;
            }
            tokio::task::yield_now().await;
        }
        play.clock.advance(Duration::from_secs(delay));
        release.send(()).unwrap();
    }
}

#[tokio::test]
async fn a_response_that_takes_up_to_the_lifetime_of_its_token_brings_a_valid_one_or_an_error() {
    for lifetime in [3, 4, 5, 20, 60, 3600] {
        for delay in [0, 1, lifetime / 2, lifetime * 3 / 4, lifetime - 2, lifetime - 1, lifetime, lifetime * 10] {
            let case = format!("{lifetime} s, {delay} s late");
            let (steps, releases) = held_back(lifetime);
            let play = play(steps).await;
            let waiting = play.ask_in_background();
            release(&play, releases, delay, || waiting.is_finished()).await;
            let result = waiting.await.unwrap();
            // The server may count the lifetime from up to a second earlier.
            if delay < lifetime - 1 {
                assert_eq!(result.unwrap().expose(), "access-0", "{case}");
                assert_eq!(play.refreshes(), 1, "{case}");
            } else {
                let error = result.unwrap_err();
                assert!(matches!(error, Error::Token(TokenError::Expired(_))), "{case}: {error:?}");
                assert!(!error.ends_session() && play.auth.session().is_some(), "{case}");
                assert_eq!(play.refreshes(), 3, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn a_call_that_holds_the_turn_gets_the_same_tokens() {
    for (delay, refreshes) in [(15, 1), (19, 3), (100, 3)] {
        let (steps, releases) = held_back(20);
        let steps = steps.into_iter().take(refreshes).chain([Step::json(200, &support::user())]);
        let play = play(steps).await;
        let auth = play.auth.clone();
        let update = ProfileUpdate::new().data(json!({ "a": 1 }));
        let waiting = tokio::spawn(async move { auth.user().update(update).await });
        release(&play, releases.into_iter().take(refreshes).collect(), delay, || waiting.is_finished()).await;
        let result = waiting.await.unwrap();
        assert_eq!(result.is_ok(), delay < 19, "{delay}: {result:?}");
        assert_eq!(play.refreshes(), refreshes, "{delay}");
    }
}

#[tokio::test]
async fn no_caller_waits_for_a_server_that_hangs_while_the_token_is_valid() {
    for (lifetime, remaining, waits) in [
        (3600, 59, false),
        (3600, 30, false),
        (3600, 9, false),
        (3600, 7, false),
        (3600, 5, true),
        (3600, 2, true),
        (60, 14, false),
        (60, 9, false),
        (60, 5, true),
        (20, 4, true),
        (8, 2, true),
    ] {
        let case = format!("{remaining} of {lifetime} s");
        let steps = [Step::json(200, &short_lived("second", lifetime)), Step::Hang];
        let play = play_within(Duration::from_millis(200), steps).await;
        play.auth.access_token().await.unwrap();
        play.clock.advance(Duration::from_secs(lifetime - remaining));
        for _ in 0..10 {
            let at_once = play.auth.access_token().now_or_never();
            assert_eq!(at_once.is_none(), waits, "{case}");
            assert!(at_once.is_none_or(|token| token.unwrap().expose() == "access-second"), "{case}");
        }
        play.server.received(3).await;
        // Once the request has timed out, the token is still valid.
        assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second", "{case}");
        assert_eq!(play.refreshes(), 2, "{case}");
    }
}
