//! The session manager: one refresh for all callers, results that come too late, background refresh, and sharing.

use std::time::Duration;

use gotrue::{Error, MemoryStore, Password, Session, SessionManager, SessionStore, SignOutScope};
use serde_json::json;
use support::scripted::Step;

use crate::play::{EMAIL, HOUR, PASSWORD, names, ok, play, tokens, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_send_one_refresh() {
    let world = world().await;
    let before = world.auth.session().unwrap();
    world.clock.advance(2 * HOUR);
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            let auth = world.auth.clone();
            tokio::spawn(async move { auth.access_token().await.unwrap() })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.push(task.await.unwrap());
    }
    assert_eq!(world.server.count("token"), 1);
    assert!(tokens.iter().all(|token| *token == tokens[0] && token != before.access_token()));
}

#[tokio::test]
async fn dropped_callers_neither_cancel_nor_repeat_the_refresh() {
    let (answer, go) = ok("second").held_back();
    let play = play([answer]).await;
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            let auth = play.auth.clone();
            tokio::spawn(async move { auth.access_token().await.unwrap().expose().to_owned() })
        })
        .collect();
    play.server.received(2).await;
    let (gone, waiting): (Vec<_>, Vec<_>) = tasks.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
    for (_, task) in gone {
        task.abort();
    }
    go.send(()).unwrap();
    for (_, task) in waiting {
        assert_eq!(task.await.unwrap(), "access-second");
    }
    assert_eq!(play.refreshes(), 1);
}

#[tokio::test]
async fn a_refresh_continues_without_any_waiting_caller() {
    let (answer, go) = ok("second").held_back();
    let play = play([answer]).await;
    let task = tokio::spawn({
        let auth = play.auth.clone();
        async move { auth.access_token().await }
    });
    play.server.received(2).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    go.send(()).unwrap();
    assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
    assert_eq!(play.refreshes(), 1);
}

#[tokio::test]
async fn managers_of_one_store_share_one_refresh() {
    let world = world().await;
    let store = MemoryStore::new();
    let client = world.auth.client().clone();
    let one = client.session_manager(store.clone()).await.unwrap();
    one.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let others = [client.session_manager(store.clone()).await.unwrap(), client.session_manager(store).await.unwrap()];
    world.clock.advance(2 * HOUR);
    let before = world.server.count("token");
    let all = [&one, &others[0], &others[1]];
    let tokens = futures::future::join_all(all.map(SessionManager::access_token)).await;
    assert_eq!(world.server.count("token"), before + 1);
    let first = tokens[0].as_ref().unwrap();
    assert!(tokens.iter().all(|token| token.as_ref().unwrap() == first));
}

#[tokio::test]
async fn a_valid_token_is_returned_without_a_request() {
    let world = world().await;
    let token = world.auth.access_token().await.unwrap();
    world.clock.advance(HOUR - Duration::from_secs(62));
    assert_eq!(world.auth.access_token().await.unwrap(), token);
    assert_eq!(world.server.count("token"), 0);
    world.clock.advance(Duration::from_secs(1));
    // In the last minute a refresh starts, with a tolerance of a second; the valid token is still returned at once.
    assert_eq!(world.auth.access_token().await.unwrap(), token);
    world.auth.refresh().await.unwrap();
    assert_eq!(world.server.count("token"), 1);
    assert_ne!(world.auth.access_token().await.unwrap(), token);
}

#[tokio::test]
async fn a_refresh_that_ends_after_a_sign_out_does_not_restore_the_session() {
    let (answer, go) = ok("second").held_back();
    let play = play([answer, Step::Reply(204, vec![], String::new())]).await;
    let mut events = play.auth.events();
    let waiting = tokio::spawn({
        let auth = play.auth.clone();
        async move { auth.access_token().await }
    });
    play.server.received(2).await;
    // The access token has expired, so the sign-out at the server needs a refresh too, which does not matter here.
    let _ = tokio::select! {
        biased;
        done = play.auth.sign_out(SignOutScope::Local) => Some(done),
        () = play.server.received(3) => None,
    };
    assert!(play.auth.session().is_none());
    go.send(()).unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(Error::NoSession)));
    assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
    assert_eq!(names(&mut events).await, ["initial: session", "signed out: requested"]);
}

#[tokio::test]
async fn a_sign_in_during_a_refresh_wins() {
    let (late, go) = ok("late").held_back();
    let play = play([late, ok("new")]).await;
    let mut events = play.auth.events();
    let waiting = tokio::spawn({
        let auth = play.auth.clone();
        async move { auth.access_token().await }
    });
    play.server.received(2).await;
    play.auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    go.send(()).unwrap();
    // Waiting callers receive the token of the new session.
    assert_eq!(waiting.await.unwrap().unwrap().expose(), "access-new");
    assert_eq!(play.access_token().as_deref(), Some("access-new"));
    let stored = play.store.load().await.unwrap().unwrap();
    assert!(String::from_utf8(stored.to_json().unwrap()).unwrap().contains("access-new"));
    assert_eq!(names(&mut events).await, ["initial: session", "signed in"]);
}

#[tokio::test]
async fn auto_refresh_refreshes_when_due_until_it_is_dropped() {
    let world = world().await;
    let mut events = world.auth.events();
    let guard = world.auth.auto_refresh();
    for round in 1..=3 {
        while world.clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(HOUR - Duration::from_secs(62));
        assert_eq!(world.server.count("token"), round - 1);
        world.clock.advance(Duration::from_secs(2));
        while world.server.count("token") < round {
            tokio::task::yield_now().await;
        }
        // It pauses after each refresh.
        while !names(&mut events).await.contains(&"refreshed".to_owned()) {
            tokio::task::yield_now().await;
        }
        while world.clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(1));
    }
    drop(guard);
    while world.clock.sleepers() > 0 {
        tokio::task::yield_now().await;
    }
    world.clock.advance(10 * HOUR);
    assert_eq!(world.server.count("token"), 3);
}

#[tokio::test]
async fn nothing_runs_in_the_background_by_default() {
    let world = world().await;
    world.clock.advance(100 * HOUR);
    tokio::task::yield_now().await;
    assert_eq!((world.clock.sleepers(), world.server.count("token")), (0, 0));
}

#[tokio::test]
async fn provider_tokens_are_carried_over_a_refresh() {
    let mut with_provider = tokens("oauth");
    with_provider["provider_token"] = json!("gho");
    with_provider["provider_refresh_token"] = json!("ghr");
    let play = play([Step::json(200, &with_provider), ok("second")]).await;
    play.auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let session: Session = play.auth.refresh().await.unwrap();
    assert_eq!(session.access_token().expose(), "access-second");
    assert_eq!(session.provider_token().unwrap().expose(), "gho");
    assert_eq!(session.provider_refresh_token().unwrap().expose(), "ghr");
}

#[tokio::test]
async fn a_pair_of_tokens_becomes_a_session_and_is_refreshed_if_expired() {
    let world = world().await;
    let client = world.auth.client();
    let tokens = client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    let mut events = auth.events();
    let set = |tokens: &Session| {
        let (access, refresh) = (tokens.access_token().clone(), tokens.refresh_token().clone());
        let auth = auth.clone();
        async move { auth.set_session(access, refresh).await }
    };
    world.clock.advance(HOUR / 2);
    let before = world.server.count("token");
    let session = set(&tokens).await.unwrap();
    assert_eq!((session.access_token(), session.expires_in()), (tokens.access_token(), 1800));
    assert_eq!(session.user().email.as_deref(), Some(EMAIL));
    assert_eq!(world.server.count("token"), before);

    // Expired, or with a clock that is off by a day: the server decides.
    world.clock.advance(HOUR);
    let refreshed = set(&tokens).await.unwrap();
    assert_ne!(refreshed.access_token(), tokens.access_token());
    assert_eq!(world.server.count("token"), before + 1);
    assert_eq!(auth.session().unwrap().access_token(), refreshed.access_token());
    assert!(auth.set_session("no-jwt", "no-token-at-all").await.unwrap_err().code().is_some());
    assert_eq!(auth.session().unwrap().access_token(), refreshed.access_token());
    assert_eq!(names(&mut events).await, ["initial: none", "signed in", "signed in"]);
}

#[tokio::test]
async fn without_a_session_there_is_a_clear_error() {
    let world = world().await;
    world.auth.sign_out(SignOutScope::Local).await.unwrap();
    for error in [
        world.auth.access_token().await.map(drop).unwrap_err(),
        world.auth.refresh().await.map(drop).unwrap_err(),
        world.auth.user().get().await.map(drop).unwrap_err(),
        world.auth.sign_out(SignOutScope::Others).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NoSession) && !error.is_retryable() && !error.ends_session());
        assert_eq!(error.to_string(), "no user is signed in");
    }
}

#[tokio::test]
async fn a_manager_can_be_shared() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent<T: Send>(_: &T) {}
    let world = world().await;
    shared(&world.auth);
    sent(&world.auth.access_token());
    sent(&world.auth.sign_in(Password::email(EMAIL, PASSWORD)));
    sent(&world.auth.sign_out(SignOutScope::Local));
    sent(&world.auth.events());
    assert!(!format!("{:?}", world.auth).contains(world.auth.session().unwrap().access_token().expose()));
}
