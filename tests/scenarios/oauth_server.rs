//! OAuth clients that sign in users through the server.

use gotrue::{
    OAuthApp, SignOutScope,
    admin::UpdateOAuthClient,
    oauth::{ClientAuthentication, NewOAuthClient, OAuthCallback, OAuthFlow},
    reqwest,
    types::{OAuthAuthorizationResult, OAuthRegistrationType, TokenEndpointAuthMethod},
    url::Url,
};

use crate::{
    browser::{browse, parameter},
    code,
    world::World,
};

const REDIRECT: &str = "http://localhost:3000/app";

/// Registers a client and starts an authorization request.
async fn start(world: &World) -> (OAuthApp, OAuthFlow, String) {
    let client = &world.client;
    let registered = NewOAuthClient::confidential([REDIRECT]).client_name(world.email("app"));
    let registered = client.register_oauth_client(registered).await.unwrap();
    let app = client.oauth_app(registered.client_id, registered.client_secret.as_ref().unwrap());
    // An ID token needs an asymmetric key.
    let scopes: &[&str] = if world.confirms() { &["email"] } else { &["openid", "email"] };
    let (url, flow) = app.authorize(REDIRECT).scopes(scopes.iter().copied()).start().unwrap();
    let page = browse(&url, client.base_url().as_str()).await;
    assert_eq!(page.path(), "/consent");
    (app, flow, parameter(&page, "authorization_id").unwrap())
}

pub async fn a_client(world: &World) {
    let (app, flow, id) = start(world).await;
    let (email, session) = world.new_user("ada").await;
    let oauth = world.client.user(session.access_token()).oauth();
    let asked = oauth.authorization(&id).await.unwrap();
    let OAuthAuthorizationResult::Authorization(asked) = asked else { panic!("{asked:?}") };
    assert_eq!(asked.client.name, Some(world.email("app")));
    assert!(asked.scope.unwrap().contains("email"));

    let back = Url::parse(oauth.approve(&id).await.unwrap().redirect_url.expose()).unwrap();
    assert!(back.as_str().starts_with(REDIRECT));
    let callback = OAuthCallback::parse(&back);
    let tokens = app.exchange(&flow, &callback).await.unwrap();
    assert_eq!(tokens.id_token.is_some(), !world.confirms());
    assert!(app.exchange(&flow, &callback).await.is_err(), "a code is good once");
    let claims = app.user_info(&tokens.access_token).await.unwrap();
    assert_eq!((claims.sub, claims.email.as_deref()), (session.user().id, Some(&*email)));

    let renewed = app.refresh(&tokens.refresh_token).await.unwrap();
    assert_ne!(renewed.refresh_token, tokens.refresh_token);
    let grants = oauth.grants().await.unwrap();
    assert_eq!(grants.len(), 1);
    oauth.revoke(grants[0].client.id).await.unwrap();
    assert!(oauth.grants().await.unwrap().is_empty());
    assert_eq!(code(app.user_info(&renewed.access_token).await), "session_not_found");
    assert!(app.refresh(&renewed.refresh_token).await.unwrap_err().ends_session());
    // The session of the user is a different one.
    world.client.user(session.access_token()).sign_out(SignOutScope::Local).await.unwrap();
}

pub async fn a_refusal(world: &World) {
    let (app, flow, id) = start(world).await;
    let (_, session) = world.new_user("ada").await;
    let oauth = world.client.user(session.access_token()).oauth();
    oauth.authorization(&id).await.unwrap();
    let back = Url::parse(oauth.deny(&id).await.unwrap().redirect_url.expose()).unwrap();
    let denied = app.exchange(&flow, &OAuthCallback::parse(&back)).await.unwrap_err();
    assert!(denied.to_string().contains("access_denied"), "{denied}");
    assert!(oauth.grants().await.unwrap().is_empty());
    let made_up = format!("{REDIRECT}?code=54bbf348-882f-46c3-beaa-0b95b6cc29d0&state={}", flow.state().expose());
    let refused = app.exchange(&flow, &OAuthCallback::parse(&Url::parse(&made_up).unwrap())).await.unwrap_err();
    assert_eq!(refused.status(), Some(reqwest::StatusCode::BAD_REQUEST));
}

pub async fn clients(world: &World) {
    let clients = world.admin().oauth_clients();
    let create = NewOAuthClient::confidential([REDIRECT]).client_name(world.email("app"));
    let secret_post = TokenEndpointAuthMethod::ClientSecretPost;
    let client = clients.create(create.token_endpoint_auth_method(secret_post.clone())).await.unwrap();
    let id = client.client_id;
    assert_eq!(client.token_endpoint_auth_method, Some(secret_post));
    assert_eq!(client.registration_type, Some(OAuthRegistrationType::Manual));
    let rotated = clients.regenerate_secret(id).await.unwrap();
    assert!(rotated.client_secret.is_some() && rotated.client_secret != client.client_secret);

    let change = UpdateOAuthClient::new().client_name("App 2").redirect_uris([REDIRECT, "myapp://localhost/cb"]);
    clients.update(id, change).await.unwrap();
    let client = clients.get(id).await.unwrap();
    assert_eq!((client.client_name.as_deref(), client.client_secret.as_ref()), (Some("App 2"), None));
    assert_eq!(client.redirect_uris.unwrap().len(), 2);
    assert!(clients.list().await.unwrap().iter().any(|known| known.client_id == id));
    let none = UpdateOAuthClient::new().token_endpoint_auth_method(TokenEndpointAuthMethod::None);
    assert_eq!(code(clients.update(id, none).await), "validation_failed");

    let public = clients.create(NewOAuthClient::public([REDIRECT])).await.unwrap();
    assert!(public.client_secret.is_none());
    assert_eq!(code(clients.regenerate_secret(public.client_id).await), "validation_failed");
    for id in [id, public.client_id] {
        clients.delete(id).await.unwrap();
        assert_eq!(code(clients.get(id).await), "oauth_client_not_found");
    }
}

/// A user who has consented is not asked again for the same or fewer scopes.
pub async fn a_known_client(world: &World) {
    let client = &world.client;
    let registered = client.register_oauth_client(NewOAuthClient::public([REDIRECT])).await.unwrap();
    let app = client.oauth_app(registered.client_id, ClientAuthentication::Public);
    let (_, session) = world.new_user("ada").await;
    let oauth = client.user(session.access_token()).oauth();
    let ask = async |scopes: &[&str]| {
        let (url, flow) = app.authorize(REDIRECT).scopes(scopes.iter().copied()).start().unwrap();
        let page = browse(&url, client.base_url().as_str()).await;
        (oauth.authorization(&parameter(&page, "authorization_id").unwrap()).await.unwrap(), flow)
    };
    let (OAuthAuthorizationResult::Authorization(asked), _) = ask(&["email", "profile"]).await else { panic!() };
    oauth.approve(&asked.authorization_id).await.unwrap();
    let (OAuthAuthorizationResult::Redirect(back), flow) = ask(&["email"]).await else { panic!() };
    let back = Url::parse(back.redirect_url.expose()).unwrap();
    let tokens = app.exchange(&flow, &OAuthCallback::parse(&back)).await.unwrap();
    assert_eq!(app.user_info(&tokens.access_token).await.unwrap().user_metadata, None);
    let (more, _) = ask(&["email", "phone"]).await;
    assert!(matches!(more, OAuthAuthorizationResult::Authorization(_)), "{more:?}");
    // The refresh token of an OAuth client is not valid without the client.
    assert!(client.refresh(&tokens.refresh_token).await.is_err());
}
