//! Sign-in with a provider, which real servers know as `keycloak`.

use gotrue::{AuthorizationCode, Callback, IdToken, PkceVerifier, Provider, Secret};
use sha2::{Digest, Sha256};

use crate::{browser::parameter, code, world::World};

pub async fn pkce_and_implicit(world: &World) {
    let client = &world.client;
    let redirect_to = "http://localhost:3000/cb?next=%2Fa%26b";
    let authorize = client.authorize(Provider::Keycloak).redirect_to(redirect_to).query("prompt", "consent & more");
    let (url, verifier) = authorize.pkce().unwrap();
    let target = world.browse(&url).await;
    assert!(target.as_str().starts_with("http://localhost:3000/cb?"), "{target}");
    assert_eq!(parameter(&target, "next").as_deref(), Some("/a&b"));
    let Callback::Code { code: auth_code, .. } = Callback::parse(&target) else { panic!("{target}") };
    let thief = AuthorizationCode::new(auth_code.clone(), PkceVerifier::generate().unwrap());
    assert_eq!(code(client.sign_in(thief).await), "bad_code_verifier");
    let session = client.sign_in(AuthorizationCode::new(auth_code, verifier)).await.unwrap();
    assert!(session.user().identities.iter().flatten().any(|identity| identity.provider == "keycloak"));
    assert!(session.provider_token().is_some() && session.provider_refresh_token().is_some());

    let url = client.authorize(Provider::Keycloak).url().unwrap();
    let target = world.browse(&url).await;
    let Callback::Session(tokens) = Callback::parse(&target) else { panic!("{target}") };
    assert!(tokens.provider_token.is_some() && tokens.provider_refresh_token.is_some());
    let implicit = client.session_from_callback(tokens).await.unwrap();
    assert_eq!(implicit.user().id, session.user().id);
    client.refresh(implicit.refresh_token()).await.unwrap();
}

/// A user whom the application has signed in with the provider itself.
pub async fn an_id_token(world: &World) {
    let client = &world.client;
    let sign_in = |id_token: &Secret| IdToken::new(Provider::Keycloak, id_token);
    let id_token = world.id_token(None).await;
    let session = client.sign_in(sign_in(&id_token)).await.unwrap();
    assert!(session.user().identities.iter().flatten().any(|identity| identity.provider == "keycloak"));
    for wrong in [format!("{}x", id_token.expose()), "x".to_owned()] {
        assert_eq!(description(client.sign_in(sign_in(&wrong.into())).await), "Bad ID token");
    }
    let unknown = client.sign_in(IdToken::new(Provider::Github, &id_token)).await;
    assert_eq!(code(unknown), "validation_failed");

    // The provider receives the hash of the nonce, the server the nonce itself.
    let hash = Sha256::digest("n-0S6_WzA2Mj").iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    let with_nonce = world.id_token(Some(&hash)).await;
    let again = client.sign_in(sign_in(&with_nonce).nonce("n-0S6_WzA2Mj")).await.unwrap();
    assert_eq!(again.user().id, session.user().id);
    assert_eq!(description(client.sign_in(sign_in(&with_nonce).nonce("another")).await), "Nonces mismatch");
    let one_only = "Passed nonce and nonce in id_token should either both exist or not.";
    assert_eq!(description(client.sign_in(sign_in(&with_nonce)).await), one_only);
    assert_eq!(description(client.sign_in(sign_in(&id_token).nonce("n-0S6_WzA2Mj")).await), one_only);
}

/// The error description of the server.
#[track_caller]
fn description<T: std::fmt::Debug>(result: gotrue::Result<T>) -> String {
    let error = result.unwrap_err();
    error.api().unwrap_or_else(|| panic!("{error}")).message().to_owned()
}
