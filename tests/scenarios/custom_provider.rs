//! A custom provider.

use gotrue::{
    Provider,
    admin::{CreateCustomProvider, OAuth2Endpoints, UpdateCustomProvider},
    reqwest,
    types::CustomProviderType,
};

use crate::{browser::parameter, code, world::World};

pub async fn added_and_removed(world: &World) {
    let providers = world.admin().custom_providers();
    let name = format!("acme-{}", world.run());
    // Real servers resolve the host, which an IP address makes unnecessary.
    let at = |path: &str| format!("https://203.0.113.5/{path}");
    let create = || {
        let endpoints =
            OAuth2Endpoints { authorization_url: at("auth"), token_url: at("token"), userinfo_url: at("me") };
        CreateCustomProvider::oauth2(&name, endpoints, "client", "secret").scopes(["email"])
    };
    let acme = providers.create(create()).await.unwrap();
    assert_eq!((acme.enabled, acme.pkce_enabled, acme.email_optional), (Some(true), Some(true), Some(false)));
    assert_eq!(acme.scopes, Some(vec!["email".to_owned()]));
    assert_eq!(code(providers.create(create()).await), "conflict");
    let reserved = create().authorization_params([("state", "mine")]);
    assert!(providers.create(reserved).await.is_err());

    let all = providers.list_of(CustomProviderType::Oauth2).await.unwrap();
    assert!(all.iter().any(|provider| provider.id == acme.id));
    let oidc = providers.list_of(CustomProviderType::Oidc).await.unwrap();
    assert!(oidc.iter().all(|provider| provider.id != acme.id));

    let authorize = || world.client.authorize(Provider::custom(&name)).url().unwrap();
    assert_eq!(status(&authorize()).await, 302);
    let changed = UpdateCustomProvider::new().name("Acme 2").enabled(false);
    let changed = providers.update(&name, changed).await.unwrap();
    assert_eq!((changed.name.as_deref(), changed.client_id.as_deref()), (Some("Acme 2"), Some("client")));
    assert_eq!(status(&authorize()).await, 400);
    assert_eq!(parameter(&authorize(), "provider"), Some(acme.identifier.clone()));

    assert_eq!(providers.get(&name).await.unwrap().enabled, Some(false));
    providers.delete(&name).await.unwrap();
    assert_eq!(code(providers.get(&name).await), "custom_provider_not_found");
    assert_eq!(code(providers.delete(&name).await), "custom_provider_not_found");
}

async fn status(url: &gotrue::url::Url) -> u16 {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    http.get(url.clone()).send().await.unwrap().status().as_u16()
}
