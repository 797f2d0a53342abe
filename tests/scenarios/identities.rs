//! Several identities of one user.

use gotrue::{IdToken, ProfileUpdate, Provider};

use crate::{
    browser::parameter,
    code,
    world::{PASSWORD, World},
};

pub async fn linked_and_unlinked(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let user = client.user(session.access_token());
    let first = user.identities().list().await.unwrap();
    assert_eq!(first.len(), 1);
    let alone = user.identities().unlink(first[0].identity_id.unwrap()).await;
    assert_eq!(code(alone), "single_identity_not_deletable");

    user.update(ProfileUpdate::new().phone(World::phone())).await.unwrap();
    let both = user.identities().list().await.unwrap();
    assert_eq!(both.iter().map(|identity| identity.provider.as_str()).collect::<Vec<_>>(), ["email", "phone"]);
    let unknown = user.identities().unlink(session.user().id).await;
    assert_eq!(code(unknown), "identity_not_found");
    let phone = both[1].identity_id.unwrap();
    user.identities().unlink(phone).await.unwrap();
    let left = user.get().await.unwrap();
    assert_eq!((left.phone.as_deref(), left.phone_confirmed_at), (Some(""), None));
    assert_eq!(left.app_metadata.unwrap()["providers"], serde_json::json!(["email"]));
    client.sign_in(gotrue::Password::email(&email, PASSWORD)).await.unwrap();
}

pub async fn of_another_user(world: &World) {
    let client = &world.client;
    // The only user of the provider.
    let id_token = world.id_token(None).await;
    client.sign_in(IdToken::new(Provider::Keycloak, &id_token)).await.unwrap();
    let (_, session) = world.new_user("ada").await;
    let user = client.user(session.access_token());
    let taken = user.identities().link_id_token(IdToken::new(Provider::Keycloak, &id_token)).await;
    assert_eq!(code(taken), "identity_already_exists");

    let url = user.identities().link(Provider::Keycloak).redirect_to("http://localhost:3000/cb").url().await.unwrap();
    assert!(parameter(&url, "state").is_some());
    let back = world.browse(&url).await;
    assert_eq!(parameter(&back, "error_code").as_deref(), Some("identity_already_exists"));
    assert_eq!(parameter(&back, "error").as_deref(), Some("server_error"));
    assert_eq!(user.identities().list().await.unwrap().len(), 1);
}
