//! Sign-in with a provider, whom real servers know as `keycloak`.

use gotrue::{AuthorizationCode, Callback, IdToken, PkceVerifier, Provider, reqwest, url::Url};
use serde_json::Value;

use crate::{browser::parameter, code, world::World};

pub async fn pkce_and_implicit(world: &World) {
    let client = &world.client;
    let redirect_to = "http://localhost:3000/cb?next=%2Fa%26b";
    let authorize = client.authorize(Provider::KEYCLOAK).redirect_to(redirect_to).query("prompt", "consent & more");
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

    let url = client.authorize(Provider::KEYCLOAK).url().unwrap();
    let target = world.browse(&url).await;
    let Callback::Session(tokens) = Callback::parse(&target) else { panic!("{target}") };
    assert!(tokens.provider_token.is_some() && tokens.provider_refresh_token.is_some());
    let implicit = client.session_from_callback(tokens).await.unwrap();
    assert_eq!(implicit.user().id, session.user().id);
    client.refresh(implicit.refresh_token()).await.unwrap();
}

/// Who has been signed in by the application itself.
pub async fn an_id_token(world: &World) {
    let client = &world.client;
    // A nonce goes to the provider as its hash, and to the server as it is.
    let url = format!("{}/id_token?aud=kc", world.provider_url());
    let reply = reqwest::get(Url::parse(&url).unwrap()).await.unwrap().json::<Value>().await.unwrap();
    let id_token = reply["id_token"].as_str().unwrap();
    let session = client.sign_in(IdToken::new(Provider::KEYCLOAK, id_token)).await.unwrap();
    assert!(session.user().identities.iter().flatten().any(|identity| identity.provider == "keycloak"));
    let wrong = IdToken::new(Provider::KEYCLOAK, format!("{id_token}x"));
    assert!(client.sign_in(wrong).await.unwrap_err().status().is_some());
}
