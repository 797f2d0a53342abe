//! OAuth clients.

use gotrue::{
    admin::UpdateOAuthClient,
    oauth::NewOAuthClient,
    types::{OAuthClientType, OAuthGrantType, TokenEndpointAuthMethod},
};
use serde_json::json;
use support::{SERVICE_KEY, client_of, server_that_answers};
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::recorded::Recorded;

#[tokio::test]
async fn clients_are_listed_without_pages() {
    let recorded = Recorded::new("186-admin_oauth_clients_list-ok").await;
    let clients = recorded.admin.oauth_clients().list().await.unwrap();
    assert!(recorded.sent_query().await.is_empty());
    assert_eq!(clients.len(), 3);
    assert_eq!(clients[1].client_type, Some(OAuthClientType::Public));

    // The server omits an empty list.
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    assert!(client_of(&server).admin(SERVICE_KEY).oauth_clients().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_client_is_created_with_all_fields() {
    let recorded = Recorded::new("181-admin_oauth_client_create-confidential").await;
    let app = NewOAuthClient::confidential(["https://app.example.com/cb"])
        .client_name("App")
        .client_uri("https://app.example.com")
        .logo_uri("https://app.example.com/logo.svg")
        .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic)
        .grant_types([OAuthGrantType::AuthorizationCode]);
    let created = recorded.assert_whole(recorded.admin.oauth_clients().create(app).await);
    assert!(created.client_secret.is_some());
    let body = json!({
        "redirect_uris": ["https://app.example.com/cb"],
        "client_type": "confidential",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "client_name": "App",
        "client_uri": "https://app.example.com",
        "logo_uri": "https://app.example.com/logo.svg",
    });
    recorded.assert_sent_body(body).await;

    let recorded = Recorded::new("182-admin_oauth_client_create-public").await;
    let uris = ["com.example.app://cb", "http://localhost:3000/cb", "http://[::1]/cb", "http://127.0.0.1/cb"];
    let created = recorded.assert_whole(recorded.admin.oauth_clients().create(NewOAuthClient::public(uris)).await);
    assert!(created.client_secret.is_none());
    recorded.assert_sent_body(json!({ "redirect_uris": uris, "client_type": "public" })).await;
}

#[tokio::test]
async fn a_client_is_read_updated_and_deleted() {
    let recorded = Recorded::new("187-admin_oauth_client_get-ok").await;
    recorded.assert_whole(recorded.admin.oauth_clients().get(recorded.id(4)).await);
    recorded.assert_sent().await;

    let recorded = Recorded::new("188-admin_oauth_client_get-not-found").await;
    recorded.assert_error(recorded.admin.oauth_clients().get(Uuid::from_u128(1)).await);

    let recorded = Recorded::new("189-admin_oauth_client_update-ok").await;
    let update = UpdateOAuthClient::new().client_name("App 2");
    recorded.assert_whole(recorded.admin.oauth_clients().update(recorded.id(4), update).await);
    recorded.assert_sent().await;

    let recorded = Recorded::new("189-admin_oauth_client_update-ok").await;
    let update = UpdateOAuthClient::new()
        .redirect_uris(["https://app.example.com/cb"])
        .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost)
        .grant_types([OAuthGrantType::AuthorizationCode, OAuthGrantType::RefreshToken])
        .client_name("")
        .client_uri("https://app.example.com")
        .logo_uri("");
    recorded.admin.oauth_clients().update(recorded.id(4), update).await.unwrap();
    let body = json!({
        "redirect_uris": ["https://app.example.com/cb"],
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"],
        "client_name": "",
        "client_uri": "https://app.example.com",
        "logo_uri": "",
    });
    recorded.assert_sent_body(body).await;

    let server = server_that_answers(ResponseTemplate::new(204)).await;
    client_of(&server).admin(SERVICE_KEY).oauth_clients().delete(Uuid::from_u128(1)).await.unwrap();
}

#[tokio::test]
async fn a_secret_is_regenerated() {
    let recorded = Recorded::new("190-admin_oauth_client_regenerate_secret-ok").await;
    let client = recorded.admin.oauth_clients().regenerate_secret(recorded.id(4)).await;
    let client = recorded.assert_whole(client);
    assert!(client.client_secret.is_some_and(|secret| !secret.is_empty()));
    recorded.assert_sent().await;
}
