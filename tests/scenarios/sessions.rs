//! Sessions and their tokens.

use std::time::Duration;

use futures::StreamExt;
use gotrue::{
    Event, MemoryStore, Password, ProfileUpdate, SignOutScope,
    manager::{Events, SignedOutReason},
};
use serde_json::json;

use crate::{
    code,
    world::{PASSWORD, World, has_version_2},
};

pub async fn a_used_refresh_token(world: &World) {
    let client = &world.client;
    let (_, first) = world.new_user("ada").await;
    let second = client.refresh(first.refresh_token()).await.unwrap();
    assert_ne!(second.refresh_token(), first.refresh_token());
    // A lost response can be requested again.
    let lost = client.refresh(first.refresh_token()).await.unwrap();
    assert_eq!(lost.refresh_token(), second.refresh_token());
    // The grandparent is accepted within the interval, and returns a new token in version 1, the current one in version
    // 2.
    let third = client.refresh(second.refresh_token()).await.unwrap();
    let late = client.refresh(first.refresh_token()).await.unwrap();
    assert_ne!(late.refresh_token(), second.refresh_token());
    assert_eq!(late.refresh_token() == third.refresh_token(), has_version_2(&first));
    assert_eq!(late.user().id, first.user().id);
}

/// A refresh token that was used long ago may be stolen.
pub async fn a_stolen_refresh_token(world: &World) {
    let client = &world.client;
    let (_, first) = world.new_user("ada").await;
    let second = client.refresh(first.refresh_token()).await.unwrap();
    let third = client.refresh(second.refresh_token()).await.unwrap();
    world.wait(Duration::from_secs(11)).await;
    assert_eq!(code(client.refresh(first.refresh_token()).await), "refresh_token_already_used");
    if has_version_2(&first) {
        // The session has ended.
        assert_eq!(code(client.refresh(third.refresh_token()).await), "refresh_token_not_found");
        assert_eq!(code(client.user(third.access_token()).get().await), "session_not_found");
        return;
    }
    // All tokens of the family have been used, but only recently.
    let fourth = client.refresh(third.refresh_token()).await.unwrap();
    client.user(fourth.access_token()).get().await.unwrap();
    assert_eq!(code(client.refresh(second.refresh_token()).await), "refresh_token_already_used");
}

pub async fn sign_out_scopes(world: &World) {
    let client = &world.client;
    let (email, first) = world.new_user("ada").await;
    let sign_in = || client.sign_in(Password::email(&email, PASSWORD));
    let second = sign_in().await.unwrap();
    client.user(second.access_token()).sign_out(SignOutScope::Others).await.unwrap();
    assert_eq!(code(client.user(first.access_token()).get().await), "session_not_found");
    client.user(second.access_token()).get().await.unwrap();

    let third = sign_in().await.unwrap();
    client.user(third.access_token()).sign_out(SignOutScope::Local).await.unwrap();
    assert_eq!(code(client.user(third.access_token()).get().await), "session_not_found");
    client.user(second.access_token()).get().await.unwrap();

    let fourth = sign_in().await.unwrap();
    world.admin().sign_out(fourth.access_token(), SignOutScope::Global).await.unwrap();
    for session in [second, fourth] {
        assert_eq!(code(client.user(session.access_token()).get().await), "session_not_found");
        assert!(client.refresh(session.refresh_token()).await.unwrap_err().ends_session());
    }
}

pub async fn a_manager(world: &World) {
    let (email, _) = world.new_user("ada").await;
    let store = MemoryStore::new();
    let auth = world.client.session_manager(store.clone()).await.unwrap();
    let mut events = auth.events();
    assert!(auth.sign_in(Password::email(&email, "wrong-horse")).await.is_err());
    auth.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    let token = auth.access_token().await.unwrap();
    auth.user().update(ProfileUpdate::new().data(json!({ "a": 1 }))).await.unwrap();
    assert_eq!(auth.session().unwrap().user().user_metadata.as_ref().unwrap()["a"], 1);
    let renewed = auth.refresh().await.unwrap();
    assert_eq!(auth.user().get().await.unwrap().id, renewed.user().id);

    // The application restarts.
    let again = world.client.session_manager(store).await.unwrap();
    assert_eq!(again.access_token().await.unwrap(), *renewed.access_token());

    auth.sign_out(SignOutScope::Local).await.unwrap();
    assert!(auth.session().is_none());
    let names = [next(&mut events).await, next(&mut events).await, next(&mut events).await];
    assert_eq!(names, ["initial: no session", "signed in", "user updated"]);
    assert_eq!([next(&mut events).await, next(&mut events).await], ["refreshed", "signed out"]);
    // The session has also ended at the server.
    assert_eq!(code(world.client.user(token).get().await), "session_not_found");
}

async fn next(events: &mut Events) -> &'static str {
    match events.next().await.unwrap() {
        Event::InitialSession(None) => "initial: no session",
        Event::SignedIn(_) => "signed in",
        Event::UserUpdated(_) => "user updated",
        Event::TokenRefreshed(_) => "refreshed",
        Event::SignedOut(SignedOutReason::Requested) => "signed out",
        other => panic!("{other:?}"),
    }
}
