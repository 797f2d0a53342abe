//! Reuse of signed tokens (version 2).

use super::world::{ALREADY_USED, INTERVAL, NOT_FOUND, Response, World};

async fn start(settings: impl FnOnce(gotrue_fake::FakeServerBuilder) -> gotrue_fake::FakeServerBuilder) -> World {
    World::start(|builder| settings(builder.refresh_token_version(2))).await
}

/// Refreshes that often, and returns all sessions, the first included.
async fn refreshed(world: &World, times: usize) -> Vec<Response> {
    let mut sessions = vec![world.sign_up().await];
    for _ in 0..times {
        let next = world.refresh(sessions.last().unwrap().refresh_token()).await;
        sessions.push(next.expect_session());
    }
    sessions
}

#[tokio::test]
async fn the_current_token_is_exchanged_for_the_next() {
    let world = start(|builder| builder).await;
    let sessions = refreshed(&world, 3).await;
    assert_eq!(sessions[0].token_headers(), [Some("0"), None, None, None, None]);
    for (counter, session) in sessions.iter().enumerate().skip(1) {
        assert_eq!(session.token_headers(), [Some(&*counter.to_string()), None, Some("false"), None, None]);
        assert_ne!(session.refresh_token(), sessions[counter - 1].refresh_token());
        assert_eq!(session.claim("session_id"), sessions[0].claim("session_id"));
    }
    for session in &sessions {
        assert_eq!(session.header("user-id").map(Into::into), Some(session.body["user"]["id"].clone()));
        assert_eq!(session.header("session-id").map(Into::into), Some(session.claim("session_id")));
    }
}

#[tokio::test]
async fn a_lost_reply_can_be_asked_for_at_any_time() {
    let world = start(|builder| builder).await;
    let sessions = refreshed(&world, 1).await;
    for wait in [0, INTERVAL - 1, INTERVAL, 1000] {
        world.wait(wait);
        let again = world.refresh(sessions[0].refresh_token()).await.expect_session();
        assert_eq!(again.refresh_token(), sessions[1].refresh_token());
        let cause = if wait < INTERVAL { "concurrent-refresh,fail-to-save" } else { "fail-to-save" };
        assert_eq!(again.token_headers(), [Some("1"), None, None, Some(cause), None], "{wait}");
    }
}

#[tokio::test]
async fn an_older_token_is_accepted_within_the_interval() {
    let world = start(|builder| builder).await;
    let sessions = refreshed(&world, 3).await;
    // Each reuse counts as a refresh, so that the window slides.
    for _ in 0..4 {
        world.wait(INTERVAL - 1);
        let again = world.refresh(sessions[0].refresh_token()).await.expect_session();
        assert_eq!(again.refresh_token(), sessions[3].refresh_token());
        assert_eq!(again.token_headers(), [Some("3"), None, None, Some("concurrent-refresh"), None]);
    }
    world.wait(INTERVAL);
    assert_eq!(world.refresh(sessions[0].refresh_token()).await.error(), ALREADY_USED);
}

#[tokio::test]
async fn a_refused_reuse_deletes_the_session() {
    let world = start(|builder| builder).await;
    let sessions = refreshed(&world, 2).await;
    world.wait(INTERVAL);
    let refused = world.refresh(sessions[0].refresh_token()).await;
    assert_eq!(refused.error(), ALREADY_USED);
    assert_eq!(refused.token_headers(), [None, None, None, None, Some("true")]);
    assert_eq!(refused.header("user-id"), sessions[0].header("user-id"));
    assert_eq!(refused.header("session-id"), sessions[0].header("session-id"));
    assert_eq!(refused.headers["x-sb-error-code"], "refresh_token_already_used");
    for session in &sessions {
        assert_eq!(world.refresh(session.refresh_token()).await.error(), NOT_FOUND);
    }
    let access_token = sessions[2].access_token();
    assert_eq!(world.get_user(access_token).await, (403, "session_not_found".into()));
    let sign_out = world.post("/logout", Some(access_token), serde_json::json!({})).await;
    assert_eq!((sign_out.status, sign_out.error().1), (403, "session_not_found"));
}

#[tokio::test]
async fn without_rotation_a_refused_reuse_changes_nothing() {
    let world = start(|builder| builder.refresh_token_rotation(false)).await;
    let sessions = refreshed(&world, 2).await;
    world.wait(INTERVAL);
    let refused = world.refresh(sessions[0].refresh_token()).await;
    assert_eq!((refused.error(), refused.token_headers()), (ALREADY_USED, [None; 5]));
    assert_eq!(world.get_user(sessions[2].access_token()).await.0, 200);
    let next = world.refresh(sessions[2].refresh_token()).await.expect_session();
    assert_eq!(next.token_headers()[0], Some("3"));
}

#[tokio::test]
async fn reuse_can_always_be_allowed() {
    let world = start(|builder| builder.refresh_token_allow_reuse(true)).await;
    let sessions = refreshed(&world, 3).await;
    let causes = [
        (0, 0, "concurrent-refresh,always-allow"),
        (INTERVAL, 0, "always-allow"),
        (0, 2, "concurrent-refresh,fail-to-save,always-allow"),
        (INTERVAL, 2, "fail-to-save,always-allow"),
    ];
    for (wait, older, cause) in causes {
        world.wait(wait);
        let again = world.refresh(sessions[older].refresh_token()).await.expect_session();
        assert_eq!(again.refresh_token(), sessions[3].refresh_token());
        assert_eq!(again.token_headers(), [Some("3"), None, None, Some(cause), None]);
    }
}

#[tokio::test]
async fn parallel_refreshes_get_one_token() {
    let world = start(|builder| builder).await;
    let session = world.sign_up().await;
    let all = tokio::join!(
        world.refresh(session.refresh_token()),
        world.refresh(session.refresh_token()),
        world.refresh(session.refresh_token()),
    );
    let all = [all.0.expect_session(), all.1.expect_session(), all.2.expect_session()];
    assert!(all.iter().all(|one| one.refresh_token() == all[0].refresh_token()));
    let mut causes = all.each_ref().map(|one| one.token_headers()[3]);
    causes.sort_unstable();
    let reused = Some("concurrent-refresh,fail-to-save");
    assert_eq!(causes, [None, reused, reused]);
}
