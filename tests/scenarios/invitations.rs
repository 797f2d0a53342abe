//! Invitations.

use gotrue::{Password, ProfileUpdate, admin::Invite};
use serde_json::json;

use crate::{
    browser::parameter,
    code,
    world::{PASSWORD, World},
};

pub async fn an_invitation(world: &World) {
    let (client, admin, email) = (&world.client, world.admin(), world.email("ada"));
    let invited = admin.invite(Invite::email(&email).data(json!({ "team": "blue" }))).await.unwrap();
    assert!(invited.invited_at.is_some() && invited.email_confirmed_at.is_none());
    let letter = world.message(&email, 1).await;
    assert_eq!(parameter(letter.link(), "type").as_deref(), Some("invite"));
    let session = client.verify_otp(letter.verify()).await.unwrap().session().unwrap();
    assert_eq!(session.user().user_metadata.as_ref().unwrap()["team"], "blue");
    client.user(session.access_token()).update(ProfileUpdate::new().password(PASSWORD)).await.unwrap();
    client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    assert_eq!(code(admin.invite(Invite::email(&email)).await), "email_exists");

    let user = client.admin(session.access_token());
    assert_eq!(code(user.invite(Invite::email(world.email("x"))).await), "not_admin");
}
