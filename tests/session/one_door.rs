//! Calls that replace the session while refreshes run beside them.

use std::time::Duration;

use futures::{
    StreamExt,
    future::{BoxFuture, join_all},
};
use gotrue::{
    Error, ErrorCode, Event, IdToken, MemoryStore, ProfileUpdate, Provider, SessionManager, SignOutScope, SignUp,
    UserClient, reqwest::Method, types::AssuranceLevel, user::EnrollTotp,
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;

/// Longer than the reuse interval: a refresh token that is used too late destroys a session of version 2.
const REST: Duration = Duration::from_secs(20);

async fn signed_in(version: u8) -> (FakeServer, ManualClock, SessionManager) {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).refresh_token_version(version).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    (server, clock, auth)
}

/// Runs the kinds of calls that an application makes at any time.
async fn calls_beside(auth: &SessionManager) -> Vec<Result<(), Error>> {
    let tasks = (0..12).map(|number| {
        let auth = auth.clone();
        tokio::spawn(async move {
            match number % 4 {
                0 => auth.access_token().await.map(drop),
                1 => auth.refresh().await.map(drop),
                2 => auth.user().get().await.map(drop),
                _ => auth.user().update(ProfileUpdate::new().data(json!({ "number": number }))).await.map(drop),
            }
        })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// Returns the reasons of all sign-outs so far.
async fn sign_outs(auth: &SessionManager, events: gotrue::manager::Events) -> Vec<Event> {
    let all = events.take_until(futures::future::ready(()));
    assert!(auth.session().is_some());
    all.filter(|event| futures::future::ready(matches!(event, Event::SignedOut(_)))).collect().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_refresh_crosses_a_verification() {
    for version in [1, 2] {
        let (server, clock, auth) = signed_in(version).await;
        let _fresh = auth.auto_refresh();
        let mfa = auth.user().mfa();
        let factor = mfa.enroll_totp(EnrollTotp::new()).await.unwrap();
        for round in 0..100 {
            let events = auth.events();
            clock.advance(REST);
            let code = server.totp_code(&factor.secret).unwrap();
            let (verified, beside) = tokio::join!(mfa.challenge_and_verify(factor.id, code), calls_beside(&auth));
            verified.unwrap_or_else(|error| panic!("version {version}, round {round}: {error}"));
            for result in beside {
                result.unwrap_or_else(|error| panic!("version {version}, round {round}: {error}"));
            }
            // The tokens that were kept are the current ones.
            clock.advance(REST);
            auth.refresh().await.unwrap_or_else(|error| panic!("version {version}, round {round}: {error}"));
            assert_eq!(mfa.assurance().await.unwrap().current, Some(AssuranceLevel::Aal2));
            assert!(sign_outs(&auth, events).await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_verification_that_no_caller_awaits_is_kept() {
    let (server, clock, auth) = signed_in(2).await;
    let mfa = auth.user().mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new()).await.unwrap();
    let challenge = mfa.challenge(factor.id).await.unwrap();
    let before = server.count("verify_factor");
    let mut verification = Box::pin(mfa.verify(&challenge, server.totp_code(&factor.secret).unwrap()));
    while server.count("verify_factor") == before {
        assert!(futures::poll!(&mut verification).is_pending());
        tokio::task::yield_now().await;
    }
    drop(verification);
    clock.advance(REST);
    // The refresh waits for its turn, and so for the verification.
    auth.refresh().await.unwrap();
    assert_eq!(mfa.assurance().await.unwrap().current, Some(AssuranceLevel::Aal2));
}

#[tokio::test]
async fn a_linked_identity_brings_a_session_that_is_kept() {
    let (server, clock, auth) = signed_in(2).await;
    let former = auth.session().unwrap();
    let id_token = server.id_token(Provider::Google, &json!({ "sub": "ada", "email": "ada@example.com" })).unwrap();
    auth.user().identities().link_id_token(IdToken::new(Provider::Google, id_token)).await.unwrap();
    assert_ne!(auth.session().unwrap().refresh_token(), former.refresh_token());
    clock.advance(REST);
    auth.refresh().await.unwrap();
    assert_eq!(auth.user().identities().list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_error_of_any_call_that_ends_the_session_ends_it_here() {
    type Call = fn(UserClient) -> BoxFuture<'static, Result<(), Error>>;
    let calls: [(&str, Call); 10] = [
        ("get", |user| Box::pin(async move { user.get().await.map(drop) })),
        ("update", |user| Box::pin(async move { user.update(ProfileUpdate::new().data(json!({}))).await.map(drop) })),
        ("call", |user| Box::pin(async move { user.call(async |raw| raw.get_user(None).await).await.map(drop) })),
        ("send", |user| Box::pin(async move { user.request(Method::GET, "/user").await?.send::<()>().await })),
        ("response", |user| {
            Box::pin(async move { user.request(Method::GET, "/user").await?.response().await.map(drop) })
        }),
        ("assurance", |user| Box::pin(async move { user.mfa().assurance().await.map(drop) })),
        ("factors", |user| Box::pin(async move { user.mfa().factors().await.map(drop) })),
        ("identities", |user| Box::pin(async move { user.identities().list().await.map(drop) })),
        ("sign_out", |user| Box::pin(async move { user.sign_out(SignOutScope::Others).await })),
        ("passkeys", |user| Box::pin(async move { user.passkeys().list().await.map(drop) })),
    ];
    for (name, call) in calls {
        let (server, _, auth) = signed_in(2).await;
        let user = auth.session().unwrap().user().id;
        let admin = auth.client().admin(server.service_key());
        admin.users().delete(user).await.unwrap();
        let error = call(auth.user()).await.unwrap_err();
        assert_eq!(error.code(), Some(&ErrorCode::UserNotFound), "{name}");
        assert!(auth.session().is_none(), "{name}");
        assert!(matches!(call(auth.user()).await, Err(Error::NoSession)), "{name}");
    }
}

#[tokio::test]
async fn a_sign_out_through_the_user_is_that_of_the_manager() {
    let (server, _, auth) = signed_in(2).await;
    auth.user().sign_out(gotrue::SignOutScope::Local).await.unwrap();
    assert!(auth.session().is_none());
    assert_eq!(server.count("sign_out"), 1);
}
