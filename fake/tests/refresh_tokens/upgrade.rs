//! From random to signed tokens, and back.

use super::world::{ALREADY_USED, INTERVAL, Response, World};

/// A server of version 0 with a session, which is then of version 2.
async fn upgraded(percentage: u8) -> (World, Response) {
    let world = World::start(|builder| builder.refresh_token_upgrade_percentage(percentage)).await;
    let session = world.sign_up().await;
    world.server.set_refresh_token_version(2);
    (world, session)
}

#[tokio::test]
async fn a_refresh_upgrades_the_session() {
    let (world, session) = upgraded(100).await;
    let first = world.refresh(session.refresh_token()).await.expect_session();
    assert_eq!(first.token_headers(), [Some("0"), Some(&first.refresh_token()[..5]), Some("false"), None, None]);
    assert_eq!(first.claim("session_id"), session.claim("session_id"));
    // The same token again gets a further one, and the one before it is still accepted.
    world.wait(INTERVAL - 1);
    let second = world.refresh(session.refresh_token()).await.expect_session();
    assert_eq!(second.token_headers()[0], Some("1"));
    assert_eq!(second.token_headers()[2], Some("false"));
    let again = world.refresh(first.refresh_token()).await.expect_session();
    assert_eq!(again.refresh_token(), second.refresh_token());
}

#[tokio::test]
async fn a_lost_reply_of_an_upgrade_is_not_repeated_after_the_interval() {
    let (world, session) = upgraded(100).await;
    let first = world.refresh(session.refresh_token()).await.expect_session();
    world.wait(INTERVAL + 1);
    let refused = world.refresh(session.refresh_token()).await;
    assert_eq!((refused.error(), refused.token_headers()), (ALREADY_USED, [None; 5]));
    // The session and its signed tokens live on.
    let next = world.refresh(first.refresh_token()).await.expect_session();
    assert_eq!(next.token_headers(), [Some("1"), None, Some("false"), None, None]);
}

#[tokio::test]
async fn without_upgrade_a_random_token_gets_a_random_one() {
    let (world, session) = upgraded(0).await;
    let next = world.refresh(session.refresh_token()).await.expect_session();
    assert_eq!((next.refresh_token().len(), next.token_headers()[0]), (12, None));
    assert_eq!(world.sign_in().await.token_headers()[0], Some("0"));
}

#[tokio::test]
async fn a_share_of_the_sessions_is_upgraded() {
    let world = World::start(|builder| builder.refresh_token_upgrade_percentage(50)).await;
    world.sign_up().await;
    let mut sessions = Vec::new();
    for _ in 0..40 {
        sessions.push(world.sign_in().await);
    }
    world.server.set_refresh_token_version(2);
    let mut upgraded = 0;
    for session in &sessions {
        let first = world.refresh(session.refresh_token()).await.expect_session();
        let second = world.refresh(first.refresh_token()).await.expect_session();
        // It is the session that decides, so the second refresh is as the first.
        assert_eq!(first.refresh_token().len() > 12, second.refresh_token().len() > 12);
        upgraded += usize::from(first.refresh_token().len() > 12);
    }
    assert!((10..=30).contains(&upgraded), "{upgraded}");
}

#[tokio::test]
async fn a_server_of_version_0_refreshes_signed_tokens() {
    let world = World::start(|builder| builder.refresh_token_version(2)).await;
    let session = world.sign_up().await;
    world.server.set_refresh_token_version(0);
    let next = world.refresh(session.refresh_token()).await.expect_session();
    assert_eq!(next.token_headers(), [Some("1"), None, Some("false"), None, None]);
    assert_eq!(world.sign_in().await.refresh_token().len(), 12);
}

#[tokio::test]
async fn a_second_factor_moves_an_upgraded_session_two_steps() {
    let (world, session) = upgraded(100).await;
    let first = world.refresh(session.refresh_token()).await.expect_session();
    let (_, verified) = world.verify_factor(first.access_token()).await;
    let next = world.refresh(verified.refresh_token()).await.expect_session();
    assert_eq!(next.token_headers()[0], Some("3"));
}
