//! Sign-out. Kinds: no network, an access token that is no longer accepted, a session that is gone already, refusals
//! that are not about the session, and the scopes.

use gotrue::{Error, Password, SessionStore, SignOutScope};
use support::scripted::Step;

use crate::play::{EMAIL, HOUR, PASSWORD, error, names, ok, play, world};

#[tokio::test]
async fn signing_out_works_offline() {
    let play = play([ok("second"), Step::Close]).await;
    play.auth.access_token().await.unwrap();
    let mut events = play.auth.events();
    let told = play.auth.sign_out(SignOutScope::Local).await;
    assert!(matches!(told, Err(Error::Connection(_))), "for information: {told:?}");
    assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
    assert_eq!(names(&mut events).await, ["initial: session", "signed out: requested"]);
    // A second sign-out sends nothing.
    play.auth.sign_out(SignOutScope::Local).await.unwrap();
    assert!(names(&mut events).await.is_empty());
}

#[tokio::test]
async fn signing_out_with_an_expired_token_also_ends_the_session_at_the_server() {
    let world = world().await;
    let session = world.auth.session().unwrap();
    world.clock.advance(2 * HOUR);
    world.auth.sign_out(SignOutScope::Local).await.unwrap();
    assert!(world.auth.session().is_none());
    let gone = world.auth.client().refresh(session.refresh_token()).await.unwrap_err();
    assert!(gone.ends_session(), "{gone}");
}

#[tokio::test]
async fn a_session_that_the_server_no_longer_has_is_signed_out() {
    for (status, code) in [(403, "session_not_found"), (404, "user_not_found"), (403, "user_not_found")] {
        let play = play([ok("second"), error(status, code)]).await;
        play.auth.access_token().await.unwrap();
        play.auth.sign_out(SignOutScope::Global).await.unwrap();
        assert!(play.auth.session().is_none());
        assert_eq!(play.server.requests().len(), 3);
    }
}

// They used to count as done, although the refresh token lives on.
#[tokio::test]
async fn a_refusal_that_is_not_about_the_session_is_not_a_sign_out() {
    let no_content = || Step::Reply(204, Vec::new(), String::new());
    for refusal in [|| error(403, "bad_jwt"), || error(401, "no_authorization"), || Step::html(401), || Step::html(403)]
    {
        let play = play([ok("second"), refusal(), ok("third"), no_content()]).await;
        play.auth.access_token().await.unwrap();
        play.auth.sign_out(SignOutScope::Local).await.unwrap();
        let requests = play.server.requests();
        assert!(
            requests[3].contains("grant_type=refresh_token") && requests[4].starts_with("POST /logout"),
            "{requests:?}"
        );

        // The second refusal is the last word.
        let play = self::play([ok("second"), refusal(), ok("third"), refusal()]).await;
        play.auth.access_token().await.unwrap();
        assert!(play.auth.sign_out(SignOutScope::Local).await.is_err());
        assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
    }
    for refusal in
        [|| Step::html(404), || error(403, "user_banned"), || error(422, "validation_failed"), || Step::html(500)]
    {
        let play = play([ok("second"), refusal(), error(400, "user_banned")]).await;
        play.auth.access_token().await.unwrap();
        assert!(play.auth.sign_out(SignOutScope::Local).await.is_err());
    }
}

#[tokio::test]
async fn other_sessions_stay_by_default() {
    let world = world().await;
    let elsewhere = world.auth.client().sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let client = world.auth.client().clone();
    world.auth.sign_out(SignOutScope::Local).await.unwrap();
    client.user(elsewhere.access_token()).get().await.unwrap();

    world.auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    world.auth.sign_out(SignOutScope::Others).await.unwrap();
    assert!(world.auth.session().is_some());
    world.auth.user().get().await.unwrap();
    assert!(client.user(elsewhere.access_token()).get().await.is_err());
}

#[tokio::test]
async fn a_dropped_sign_out_has_signed_out_locally() {
    let (answer, _never) = Step::Reply(204, vec![], String::new()).held_back();
    let play = play([ok("second"), answer]).await;
    play.auth.access_token().await.unwrap();
    tokio::select! {
        biased;
        _ = play.auth.sign_out(SignOutScope::Local) => panic!("the server does not answer"),
        () = play.server.received(3) => {}
    }
    assert!(play.auth.session().is_none() && play.store.load().await.unwrap().is_none());
}

#[tokio::test]
async fn a_sign_out_of_the_others_also_survives_a_refused_access_token() {
    let no_content = || Step::Reply(204, Vec::new(), String::new());
    for refusal in [|| error(403, "bad_jwt"), || error(401, "no_authorization"), || Step::html(401), || Step::html(403)]
    {
        let play = play([ok("second"), refusal(), ok("third"), no_content()]).await;
        play.auth.access_token().await.unwrap();
        play.auth.sign_out(SignOutScope::Others).await.unwrap();
        assert_eq!(play.access_token().as_deref(), Some("access-third"));
        assert!(play.server.requests()[4].starts_with("POST /logout?scope=others"));

        let play = self::play([ok("second"), refusal(), ok("third"), refusal()]).await;
        play.auth.access_token().await.unwrap();
        play.auth.sign_out(SignOutScope::Others).await.unwrap_err();
        assert!(play.auth.session().is_some());
    }
    // This session is over as well.
    let play = play([ok("second"), error(403, "session_not_found")]).await;
    play.auth.access_token().await.unwrap();
    assert!(play.auth.sign_out(SignOutScope::Others).await.unwrap_err().ends_session());
    assert!(play.auth.session().is_none());
}
