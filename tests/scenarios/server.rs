//! What a server tells of itself.

use crate::world::World;

pub async fn tells_of_itself(world: &World) {
    let client = &world.client;
    assert_eq!(client.health().await.unwrap().name, "GoTrue");
    let settings = client.settings().await.unwrap();
    assert_eq!(settings.mailer_autoconfirm, Some(!world.confirms()));
    for on in ["email", "phone", "anonymous_users", "keycloak"] {
        assert!(settings.is_enabled(on), "{on}");
    }
    let keys = client.jwks().await.unwrap().keys;
    if world.confirms() {
        assert!(keys.is_empty(), "a shared secret is not published");
    } else {
        assert_eq!((keys.len(), keys[0].alg.as_deref()), (1, Some("ES256")));
    }
}

/// What clients of OAuth and OpenID Connect look at first.
pub async fn discovery(world: &World) {
    let openid = world.client.openid_configuration().await.unwrap();
    let oauth = world.client.oauth_server_metadata().await.unwrap();
    assert_eq!(openid.issuer, oauth.issuer);
    assert!(openid.token_endpoint.ends_with("/oauth/token"), "{}", openid.token_endpoint);
    assert_eq!(openid.code_challenge_methods_supported.unwrap(), ["S256", "plain"]);
}
