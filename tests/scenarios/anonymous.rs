//! Anonymous users who become permanent.

use gotrue::{Anonymous, Password, ProfileUpdate};
use serde_json::json;

use crate::{
    code,
    world::{PASSWORD, World},
};

pub async fn becomes_permanent(world: &World) {
    let (client, email) = (&world.client, world.email("ada"));
    let session = client.sign_in(Anonymous::new().data(json!({ "a": 1 }))).await.unwrap();
    assert_eq!(session.user().is_anonymous, Some(true));
    let user = client.user(session.access_token());
    assert_eq!(code(user.update(ProfileUpdate::new().password(PASSWORD)).await), "validation_failed");

    let changed = user.update(ProfileUpdate::new().email(&email)).await.unwrap();
    assert_eq!((changed.email.as_deref(), changed.is_anonymous), (Some(&*email), Some(false)));
    user.update(ProfileUpdate::new().password(PASSWORD)).await.unwrap();
    let again = client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    assert_eq!((again.user().id, again.user().is_anonymous), (session.user().id, Some(false)));
    assert_eq!(again.user().user_metadata.as_ref().unwrap()["a"], 1);
    assert_eq!(again.user().identities.as_ref().unwrap()[0].provider, "email");
}

pub async fn confirms_an_address(world: &World) {
    let (client, email) = (&world.client, world.email("ada"));
    let session = client.sign_in(Anonymous::new()).await.unwrap();
    let user = client.user(session.access_token());
    let changed = user.update(ProfileUpdate::new().email(&email)).await.unwrap();
    assert_eq!((changed.new_email.as_deref(), changed.is_anonymous), (Some(&*email), Some(true)));
    // There is no old address that must confirm the change.
    let verify = world.message(&email, 1).await.verify();
    let confirmed = client.verify_otp(verify).await.unwrap().session().unwrap();
    assert_eq!((confirmed.user().id, confirmed.user().is_anonymous), (session.user().id, Some(false)));
    client.user(confirmed.access_token()).update(ProfileUpdate::new().password(PASSWORD)).await.unwrap();
    client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
}
