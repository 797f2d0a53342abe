//! Only the server ends a session, and only by rejecting the session or its refresh token. Kinds: failures that say
//! nothing about the session, rejections of the session, rejections of the refresh token itself in the shapes of all
//! servers, and rejections that another process has overtaken.

use std::time::Duration;

use gotrue::{Client, Error, ErrorCode, MemoryStore, Password, SessionStore};
use gotrue_fake::ManualClock;
use serde_json::{Value, json};
use support::scripted::{Scripted, Step};

use crate::play::{EMAIL, HOUR, PASSWORD, Play, client, error, names, ok, play, play_within};

#[tokio::test]
async fn only_a_rejection_of_the_token_ends_a_session() {
    // The refresh is retried with the same token, if a retry may help, and finally fails.
    let failures: [(fn() -> Step, usize); 11] = [
        (|| Step::html(503), 4),
        (|| Step::Close, 4),
        (|| Step::Truncate("{\"access_token\":".to_owned()), 4),
        (|| Step::html(200), 4),
        (|| Step::Reply(200, vec![], String::new()), 1),
        (|| Step::Hang, 1),
        (|| error(429, "over_request_rate_limit"), 1),
        (|| error(409, "conflict"), 4),
        (|| Step::html(408), 4),
        (|| Step::html(500), 4),
        (|| Step::html(504), 4),
    ];
    for (failure, attempts) in failures {
        let steps = (0..attempts).map(|_| failure());
        let play = if let Step::Hang = failure() {
            play_within(Duration::from_millis(200), steps).await
        } else {
            play(steps).await
        };
        let mut events = play.auth.events();
        let failed = play.drive(play.auth.access_token()).await.unwrap_err();
        assert!(!failed.ends_session() && failed.is_retryable(), "{failed}");
        assert_eq!(play.access_token().as_deref(), Some("access-first"), "{failed}");
        assert!(play.store.load().await.unwrap().is_some());
        assert_eq!(play.refreshes(), attempts, "{failed}");
        assert_eq!(names(&mut events).await, ["initial: session", "refresh failed"]);

        // Once the network works again, the refresh succeeds.
        play.server.then(ok("second"));
        play.clock.advance(Duration::from_secs(120));
        assert_eq!(play.auth.access_token().await.unwrap().expose(), "access-second");
        assert_eq!(names(&mut events).await, ["refreshed"]);
    }
}

#[tokio::test]
async fn a_refused_connection_keeps_the_session() {
    let clock = ManualClock::new();
    let server = Scripted::start([ok("first")]).await;
    let store = MemoryStore::new();
    let online = client(&server, &clock).session_manager(store.clone()).await.unwrap();
    online.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    clock.advance(2 * HOUR);

    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let offline = Client::builder().base_url(format!("http://{unused}")).clock(clock.clone()).build().unwrap();
    // It starts offline, with the session from the store.
    let auth = offline.session_manager(store).await.unwrap();
    let play = Play { server, clock, auth, store: MemoryStore::new() };
    let failed = play.drive(play.auth.access_token()).await.unwrap_err();
    assert!(matches!(failed, Error::Connection(_)), "{failed}");
    assert_eq!(play.access_token().as_deref(), Some("access-first"));
}

#[tokio::test]
async fn each_rejection_ends_the_session_once() {
    let verdicts = [
        (400, "refresh_token_not_found", "signed out: revoked"),
        (400, "refresh_token_already_used", "signed out: revoked"),
        (400, "session_not_found", "signed out: revoked"),
        (400, "session_expired", "signed out: expired"),
        (400, "user_banned", "signed out: revoked"),
        (403, "user_not_found", "signed out: revoked"),
    ];
    for (status, code, event) in verdicts {
        let play = play([error(status, code)]).await;
        let mut events = play.auth.events();
        let callers = (0..10).map(|_| play.auth.access_token());
        for failed in futures::future::join_all(callers).await {
            assert_eq!(failed.unwrap_err().code().map(ErrorCode::as_str), Some(code));
        }
        assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
        assert!(matches!(play.auth.access_token().await, Err(Error::NoSession)));
        assert_eq!(play.refreshes(), 1);
        assert_eq!(names(&mut events).await, ["initial: session", event]);
    }
}

// A refresh token of an older form used to be kept forever.
#[tokio::test]
async fn a_refresh_token_that_is_refused_for_good_ends_the_session() {
    let refused = |body: Value| Step::json(400, &body);
    for body in [
        json!({ "code": "validation_failed", "message": "Refresh token is not valid" }),
        json!({ "code": 400, "error_code": "validation_failed", "msg": "Refresh token is not valid" }),
        json!({ "code": "validation_failed", "message": "Invalid Refresh Token: Not Issued By This Server" }),
        json!({ "code": "validation_failed" }),
        json!({ "error_code": "validation_failed", "msg": "", "error_id": "6d1b" }),
        json!({ "error": "invalid_grant", "error_description": "Invalid Refresh Token" }),
        json!({ "error": "invalid_grant", "error_description": "Invalid Refresh Token: Already Used", "code": 400 }),
        json!({ "error": "invalid_grant" }),
        json!({ "code": 400, "error_code": "refresh_token_not_found", "msg": "Invalid Refresh Token" }),
        json!({ "error": { "code": "validation_failed", "message": "Refresh token is not valid" } }),
    ] {
        let play = self::play([refused(body.clone())]).await;
        assert!(play.auth.access_token().await.unwrap_err().ends_session(), "{body}");
        assert!(play.auth.session().is_none());
    }
    let headers = vec![("x-sb-error-code", "validation_failed".to_owned())];
    let play = self::play([Step::Reply(400, headers, String::new())]).await;
    assert!(play.auth.access_token().await.unwrap_err().ends_session());

    // A 400 that is about something else.
    for body in [
        json!({}),
        json!({ "code": 400, "msg": "Could not parse request body as JSON" }),
        json!({ "code": "bad_json", "message": "no" }),
        json!({ "code": "captcha_failed", "message": "no" }),
        json!({ "error": "invalid_request", "error_description": "no" }),
        json!({ "error": "unsupported_grant_type" }),
        json!({ "message": "No API key found in request" }),
    ] {
        let play = self::play([refused(body.clone())]).await;
        assert!(!play.auth.access_token().await.unwrap_err().ends_session(), "{body}");
        assert!(play.auth.session().is_some());
    }

    // The same code in response to another request, or with another status, says nothing about the session.
    let play = self::play([error(422, "validation_failed"), ok("second"), error(400, "validation_failed")]).await;
    assert!(!play.auth.access_token().await.unwrap_err().ends_session());
    play.clock.advance(Duration::from_secs(10));
    assert!(!play.auth.user().get().await.unwrap_err().ends_session());
    assert!(play.auth.session().is_some());
}

#[tokio::test]
async fn invalid_grant_of_an_older_server_ends_the_session() {
    let body = json!({ "error": "invalid_grant", "error_description": "Invalid Refresh Token: Already Used" });
    let play = play([Step::json(400, &body)]).await;
    assert!(play.auth.access_token().await.unwrap_err().ends_session());
    assert!(play.auth.session().is_none());
}

#[tokio::test]
async fn a_permanent_error_that_does_not_reject_the_token_keeps_the_session() {
    let play = play([error(400, "bad_json")]).await;
    let failed = play.auth.access_token().await.unwrap_err();
    assert!(!failed.is_retryable() && !failed.ends_session());
    assert_eq!((play.access_token().as_deref(), play.refreshes()), (Some("access-first"), 1));
}

#[tokio::test]
async fn a_rejected_token_does_not_end_the_session_if_the_store_has_a_newer_one() {
    let (answer, go) = error(400, "refresh_token_already_used").held_back();
    let play = play([answer, ok("newer")]).await;
    let mut events = play.auth.events();
    let waiting = play.ask_in_background();
    play.server.received(2).await;
    another_process_refreshes(&play).await;
    go.send(()).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().expose(), "access-newer");
    assert_eq!(names(&mut events).await, ["initial: session", "refreshed"]);
}

#[tokio::test]
async fn an_expired_newer_session_from_the_store_is_refreshed() {
    let (answer, go) = error(400, "refresh_token_already_used").held_back();
    let play = play([answer, ok("newer"), ok("newest")]).await;
    let mut events = play.auth.events();
    let waiting = play.ask_in_background();
    play.server.received(2).await;
    another_process_refreshes(&play).await;
    play.clock.advance(2 * HOUR);
    go.send(()).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().expose(), "access-newest");
    assert_eq!(names(&mut events).await, ["initial: session", "refreshed", "refreshed"]);
}

/// A process that does not use our locks and is faster.
async fn another_process_refreshes(play: &Play) {
    let record = play.store.load().await.unwrap().unwrap();
    let other = client(&play.server, &play.clock).session_manager(MemoryStore::new()).await.unwrap();
    let newer = other.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let mut json: Value = serde_json::from_slice(&record.to_json().unwrap()).unwrap();
    json["revision"] = json!("00000000-0000-4000-8000-000000000001");
    json["session"] = serde_json::to_value(newer).unwrap();
    let newer = gotrue::store::StoredSession::from_json(json.to_string().as_bytes()).unwrap();
    assert!(play.store.compare_and_swap(Some(record.revision()), Some(newer)).await.unwrap());
}

#[tokio::test]
async fn a_session_that_another_process_has_removed_is_missing() {
    let play = play([]).await;
    let mut events = play.auth.events();
    let record = play.store.load().await.unwrap().unwrap();
    assert!(play.store.compare_and_swap(Some(record.revision()), None).await.unwrap());
    assert!(matches!(play.auth.access_token().await, Err(Error::NoSession)));
    assert_eq!(names(&mut events).await, ["initial: session", "signed out: missing"]);
    assert_eq!(play.refreshes(), 0);
}
