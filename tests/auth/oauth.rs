//! OAuth clients of the server, and its discovery documents.

use std::collections::HashMap;

use gotrue::{
    ErrorCode, OAuthApp, PkceVerifier,
    oauth::{ClientAuthentication, NewOAuthClient, OAuthCallback, OAuthFlow},
    types::{OAuthGrantType, TokenEndpointAuthMethod},
    uuid::{Uuid, uuid},
};
use serde_json::json;
use support::{body, client_of, exchange::Exchange, header, last_request, server_that_answers};
use wiremock::{MockServer, ResponseTemplate};

const SPA: Uuid = uuid!("495a8cfc-297a-4b71-93bf-9799cc4a93ce");
const SECRET: &str = "secret-of-the-app";

/// The recorded client, with a server that replays a recording.
async fn play(name: &str, authentication: ClientAuthentication) -> (Exchange, MockServer, OAuthApp) {
    let recorded = Exchange::load(name);
    let (server, client) = recorded.play().await;
    let app = client.oauth_app(SPA, authentication);
    (recorded, server, app)
}

fn recorded_flow() -> OAuthFlow {
    let recorded = Exchange::load("198-oauth_token-authorization-code");
    let verifier = PkceVerifier::from_secret(recorded.sent()["code_verifier"].as_str().unwrap()).unwrap();
    OAuthFlow::new("https://spa.example.com/cb", "xyz", verifier)
}

fn callback(query: &str) -> OAuthCallback {
    OAuthCallback::parse(&format!("https://spa.example.com/cb?{query}").parse().unwrap())
}

#[tokio::test]
async fn a_sign_in_starts_with_pkce_and_a_random_state() {
    let client = gotrue::Client::new("https://project.supabase.co/auth/v1", "").unwrap();
    let app = client.oauth_app(SPA, ClientAuthentication::Public);
    let (url, flow) = app.authorize("https://spa.example.com/cb").scopes(["openid", "email"]).start().unwrap();
    assert_eq!(url.path(), "/auth/v1/oauth/authorize");
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let wanted = [
        ("response_type", "code"),
        ("client_id", "495a8cfc-297a-4b71-93bf-9799cc4a93ce"),
        ("redirect_uri", "https://spa.example.com/cb"),
        ("scope", "openid email"),
        ("state", flow.state().expose()),
        ("code_challenge", &flow.verifier().challenge()),
        ("code_challenge_method", "S256"),
    ];
    let wanted: HashMap<_, _> = wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(query, wanted);
    // A real server accepted the same parameters.
    let recorded = Exchange::load("191-oauth_authorize-redirect");
    let names = |map: &HashMap<String, String>| map.keys().cloned().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(names(&query), recorded.request["query"].as_object().unwrap().keys().cloned().collect());

    let again = app.authorize("https://spa.example.com/cb").nonce("n").resource("https://api.example.com/v1");
    let (url, other) = again.start().unwrap();
    assert_ne!(other, flow);
    assert!(other.state().expose().len() == 43 && other.state() != flow.state());
    assert!(url.as_str().ends_with("&nonce=n&resource=https%3A%2F%2Fapi.example.com%2Fv1"), "{url}");
    assert!(!url.as_str().contains("scope="));
    let printed = format!("{other:?}");
    assert!(!printed.contains(other.state().expose()) && !printed.contains(other.verifier().secret().expose()));
}

#[tokio::test]
async fn a_public_client_exchanges_code_and_refresh_token() {
    let (recorded, server, app) = play("198-oauth_token-authorization-code", ClientAuthentication::Public).await;
    let code = recorded.sent()["code"].as_str().unwrap();
    let tokens = app.exchange(&recorded_flow(), &callback(&format!("code={code}&state=xyz"))).await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!(tokens.access_token.expose(), recorded.came()["access_token"]);
    assert!(tokens.id_token.is_some());
    assert_eq!(header(&last_request(&server).await, "authorization"), None);

    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    let (recorded, server, app) = play("201-oauth_token-refresh", ClientAuthentication::Public).await;
    app.refresh(recorded.sent()["refresh_token"].as_str().unwrap()).await.unwrap();
    recorded.assert_repeated(&server).await;
}

#[tokio::test]
async fn a_confidential_client_authenticates_as_it_is_registered() {
    let (_, server, app) = play("201-oauth_token-refresh", SECRET.into()).await;
    app.refresh("amkid53nktxy").await.unwrap();
    let request = last_request(&server).await;
    let basic = "Basic NDk1YThjZmMtMjk3YS00YjcxLTkzYmYtOTc5OWNjNGE5M2NlOnNlY3JldC1vZi10aGUtYXBw";
    assert_eq!(header(&request, "authorization"), Some(basic));
    assert_eq!(body(&request), json!({ "grant_type": "refresh_token", "refresh_token": "amkid53nktxy" }));

    let post = || ClientAuthentication::SecretPost(SECRET.into());
    let (_, server, app) = play("201-oauth_token-refresh", post()).await;
    app.refresh("amkid53nktxy").await.unwrap();
    let request = last_request(&server).await;
    let sent = json!({
        "grant_type": "refresh_token",
        "refresh_token": "amkid53nktxy",
        "client_id": SPA,
        "client_secret": SECRET,
    });
    assert_eq!(body(&request), sent);
    assert_eq!(header(&request, "authorization"), None);

    let (_, _server, app) = play("206-oauth_token-bad-secret", post()).await;
    let error = app.refresh("x").await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::InvalidCredentials));
    assert!(!error.ends_session());
    let (_, _server, app) = play("199-oauth_token-code-reused", ClientAuthentication::Public).await;
    let error = app.exchange(&recorded_flow(), &callback("code=code&state=xyz")).await.unwrap_err();
    assert_eq!(error.code().map(ErrorCode::as_str), Some("invalid_grant"));
    assert!(!error.ends_session());
}

#[tokio::test]
async fn a_rejected_refresh_ends_the_session() {
    let reply =
        json!({ "code": "refresh_token_not_found", "message": "Invalid Refresh Token: Refresh Token Not Found" });
    let server = server_that_answers(ResponseTemplate::new(400).set_body_json(reply)).await;
    let app = client_of(&server).oauth_app(SPA, ClientAuthentication::Public);
    assert!(app.refresh("amkid53nktxy").await.unwrap_err().ends_session());
}

#[tokio::test]
async fn claims_come_with_an_access_token() {
    let (recorded, server, app) = play("200-oauth_userinfo-ok", ClientAuthentication::Public).await;
    let claims = app.user_info(recorded.access_token()).await.unwrap();
    assert_eq!(claims.sub, uuid!("4c7ff6f3-c42b-4426-a6b0-bd65e88e3896"));
    assert_eq!(claims.email_verified, Some(true));
    recorded.assert_repeated(&server).await;
}

#[tokio::test]
async fn an_application_registers_itself() {
    let recorded = Exchange::load("185-oauth_client_register-dynamic");
    let (server, client) = recorded.play().await;
    let app = NewOAuthClient::confidential(["https://dyn.example.com/cb"]).client_name("Dyn");
    let app = client.register_oauth_client(app).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(request.url.path(), recorded.request["path"]);
    let mut sent = recorded.sent().clone();
    sent["client_type"] = json!("confidential");
    assert_eq!(body(&request), sent);
    assert_eq!(app.client_secret.as_ref().unwrap().expose(), recorded.came()["client_secret"]);
    assert!(!format!("{app:?}").contains("N9D0te2a"));

    let all = NewOAuthClient::public(["http://127.0.0.1:4000/cb", "http://[::1]/cb", "com.example.app://cb"])
        .client_name("App")
        .client_uri("https://app.example.com")
        .logo_uri("https://app.example.com/logo.svg")
        .grant_types([OAuthGrantType::AuthorizationCode]);
    client.register_oauth_client(all).await.unwrap();
    let sent = json!({
        "redirect_uris": ["http://127.0.0.1:4000/cb", "http://[::1]/cb", "com.example.app://cb"],
        "client_type": "public",
        "client_name": "App",
        "client_uri": "https://app.example.com",
        "logo_uri": "https://app.example.com/logo.svg",
        "grant_types": ["authorization_code"],
    });
    assert_eq!(body(&last_request(&server).await), sent);
    let confidential = NewOAuthClient::confidential(["https://a.example.com/"]);
    let post = confidential.token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost);
    client.register_oauth_client(post).await.unwrap();
    let sent = json!({
        "redirect_uris": ["https://a.example.com/"],
        "client_type": "confidential",
        "token_endpoint_auth_method": "client_secret_post",
    });
    assert_eq!(body(&last_request(&server).await), sent);
}

#[tokio::test]
async fn the_server_describes_itself() {
    let recorded = Exchange::load("006-openid_configuration-ok");
    let (server, client) = recorded.play().await;
    assert_eq!(client.openid_configuration().await.unwrap().token_endpoint, "/oauth/token");
    recorded.assert_repeated(&server).await;

    let recorded = Exchange::load("007-oauth_server_metadata-ok");
    let (server, client) = recorded.play().await;
    assert_eq!(client.oauth_server_metadata().await.unwrap().jwks_uri, "/.well-known/jwks.json");
    recorded.assert_repeated(&server).await;

    let recorded = Exchange::load("118-saml_metadata-xml");
    let (server, client) = recorded.play().await;
    assert_eq!(client.saml_metadata().await.unwrap(), recorded.response["text"]);
    recorded.assert_repeated(&server).await;
    client.saml_metadata_file().await.unwrap();
    assert_eq!(last_request(&server).await.url.query(), Some("download=true"));

    let recorded = Exchange::load("209-scim_service_provider_config-ok");
    let (server, client) = recorded.play().await;
    assert!(!client.scim_service_provider_config().await.unwrap().patch.unwrap().supported);
    recorded.assert_repeated(&server).await;
    let recorded = Exchange::load("210-scim_resource_types-ok");
    let (server, client) = recorded.play().await;
    assert_eq!(client.scim_resource_types().await.unwrap().resources.map(|all| all.len()), Some(0));
    recorded.assert_repeated(&server).await;
    let recorded = Exchange::load("211-scim_schemas-ok");
    let (server, client) = recorded.play().await;
    assert_eq!(client.scim_schemas().await.unwrap().schemas.len(), 1);
    recorded.assert_repeated(&server).await;
}

#[tokio::test]
async fn metadata_that_is_not_text_is_an_error() {
    let server =
        server_that_answers(ResponseTemplate::new(200).set_body_raw(vec![0xff, 0xfe], "application/xml")).await;
    let error = client_of(&server).saml_metadata().await.unwrap_err();
    assert!(matches!(error, gotrue::Error::UnreadableResponse(_)), "{error:?}");
}
