//! Reuse of random tokens (version 1).

use super::world::{ALREADY_USED, INTERVAL, NOT_FOUND, Response, World};

async fn refreshed(world: &World, times: usize) -> Vec<Response> {
    let mut sessions = vec![world.sign_up().await];
    for _ in 0..times {
        let next = world.refresh(sessions.last().unwrap().refresh_token()).await;
        sessions.push(next.expect_session());
    }
    sessions
}

#[tokio::test]
async fn versions_0_and_1_are_the_same() {
    for version in [0, 1] {
        let world = World::start(|builder| builder.refresh_token_version(version)).await;
        let sessions = refreshed(&world, 2).await;
        assert_eq!(sessions[0].token_headers(), [None, Some(&sessions[0].refresh_token()[..5]), None, None, None]);
        for session in &sessions[1..] {
            let prefix = &session.refresh_token()[..5];
            assert_eq!(session.refresh_token().len(), 12);
            assert_eq!(session.token_headers(), [None, Some(prefix), Some("false"), None, None]);
            assert_eq!(session.header("session-id").map(Into::into), Some(session.claim("session_id")));
        }
    }
}

#[tokio::test]
async fn a_lost_reply_can_be_asked_for_at_any_time() {
    let world = World::start(|builder| builder).await;
    let sessions = refreshed(&world, 1).await;
    for wait in [0, INTERVAL, 1000] {
        world.wait(wait);
        let again = world.refresh(sessions[0].refresh_token()).await.expect_session();
        assert_eq!(again.refresh_token(), sessions[1].refresh_token());
        assert_eq!(again.token_headers(), [None, Some(&again.refresh_token()[..5]), None, None, None]);
    }
}

#[tokio::test]
async fn an_older_token_gets_a_new_one_within_the_interval() {
    let world = World::start(|builder| builder).await;
    let sessions = refreshed(&world, 3).await;
    world.wait(INTERVAL);
    let again = world.refresh(sessions[0].refresh_token()).await.expect_session();
    assert!(sessions.iter().all(|session| session.refresh_token() != again.refresh_token()));
    assert_eq!(again.token_headers()[2], Some("false"));
}

#[tokio::test]
async fn a_refused_reuse_revokes_the_tokens_and_keeps_the_session() {
    let world = World::start(|builder| builder.refresh_token_allow_reuse(true)).await;
    let sessions = refreshed(&world, 2).await;
    world.wait(INTERVAL + 1);
    let refused = world.refresh(sessions[0].refresh_token()).await;
    assert_eq!((refused.error(), refused.token_headers()), (ALREADY_USED, [None; 5]));
    assert_eq!(refused.header("session-id"), sessions[0].header("session-id"));
    assert_eq!(world.get_user(sessions[2].access_token()).await.0, 200);
    // What was revoked along with it can be reused for the interval.
    world.wait(INTERVAL + 1);
    assert_eq!(world.refresh(sessions[2].refresh_token()).await.error(), ALREADY_USED);
    assert_eq!(world.refresh("abcdefghij12").await.error(), NOT_FOUND);
}

#[tokio::test]
async fn without_rotation_a_refused_reuse_changes_nothing() {
    let world = World::start(|builder| builder.refresh_token_rotation(false)).await;
    let sessions = refreshed(&world, 2).await;
    world.wait(INTERVAL + 1);
    assert_eq!(world.refresh(sessions[0].refresh_token()).await.error(), ALREADY_USED);
    assert_eq!(world.refresh(sessions[2].refresh_token()).await.token_headers()[2], Some("false"));
}
