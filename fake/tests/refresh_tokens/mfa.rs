//! Verification of a second factor, which issues a refresh token without being a refresh.

use gotrue::reqwest::Method;
use serde_json::Value;

use super::world::{ALREADY_USED, INTERVAL, NOT_FOUND, World};

#[tokio::test]
async fn a_signed_token_moves_two_steps_without_headers() {
    let world = World::start(|builder| builder.refresh_token_version(2)).await;
    let session = world.sign_up().await;
    let (factor, verified) = world.verify_factor(session.access_token()).await;
    assert!(verified.headers.is_empty(), "{:?}", verified.headers);
    let next = world.refresh(verified.refresh_token()).await.expect_session();
    assert_eq!(next.token_headers(), [Some("3"), None, Some("false"), None, None]);
    assert_eq!((verified.claim("aal"), next.claim("aal")), ("aal2".into(), "aal2".into()));
    // Without the factor the session falls back at the next refresh, and keeps its token.
    let path = format!("/factors/{factor}");
    let removed = world.send(Method::DELETE, &path, Some(next.access_token()), Value::Null).await;
    assert_eq!((removed.status, removed.token_headers()), (200, [None; 5]));
    let last = world.refresh(next.refresh_token()).await.expect_session();
    assert_eq!((last.token_headers()[0], last.claim("aal")), (Some("4"), "aal1".into()));
}

#[tokio::test]
async fn the_signed_token_from_before_is_accepted_within_the_interval() {
    let world = World::start(|builder| builder.refresh_token_version(2)).await;
    let session = world.sign_up().await;
    world.wait(INTERVAL - 1);
    let (_, verified) = world.verify_factor(session.access_token()).await;
    let again = world.refresh(session.refresh_token()).await.expect_session();
    assert_eq!(again.refresh_token(), verified.refresh_token());
    assert_eq!(again.token_headers(), [Some("2"), None, None, Some("concurrent-refresh"), None]);
    assert_eq!(again.claim("aal"), "aal2");
}

#[tokio::test]
async fn the_signed_token_from_before_destroys_the_session_after_the_interval() {
    let world = World::start(|builder| builder.refresh_token_version(2)).await;
    let session = world.sign_up().await;
    // The interval runs from the last refresh or sign-in: the verification does not start it again.
    world.wait(INTERVAL);
    let (_, verified) = world.verify_factor(session.access_token()).await;
    let refused = world.refresh(session.refresh_token()).await;
    assert_eq!((refused.error(), refused.token_headers()[4]), (ALREADY_USED, Some("true")));
    assert_eq!(world.refresh(verified.refresh_token()).await.error(), NOT_FOUND);
    assert_eq!(world.get_user(verified.access_token()).await, (403, "session_not_found".into()));
}

#[tokio::test]
async fn the_random_token_from_before_gets_the_active_one_at_any_time() {
    let world = World::start(|builder| builder).await;
    let session = world.sign_up().await;
    let (_, verified) = world.verify_factor(session.access_token()).await;
    assert!(verified.headers.is_empty(), "{:?}", verified.headers);
    for wait in [0, 10 * INTERVAL] {
        world.wait(wait);
        let again = world.refresh(session.refresh_token()).await.expect_session();
        assert_eq!((again.refresh_token(), again.claim("aal")), (verified.refresh_token(), "aal2".into()));
    }
}

#[tokio::test]
async fn other_sessions_below_aal2_are_deleted() {
    for version in [0, 2] {
        let world = World::start(|builder| builder.refresh_token_version(version)).await;
        let (first, second) = (world.sign_up().await, world.sign_in().await);
        world.verify_factor(second.access_token()).await;
        assert_eq!(world.refresh(first.refresh_token()).await.error(), NOT_FOUND);
    }
}
