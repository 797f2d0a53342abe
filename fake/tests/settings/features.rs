//! Whole features that can be off: manual linking, SAML, SCIM, the OAuth server, custom providers.

use gotrue::reqwest::Method;
use serde_json::json;

use crate::{World, refusal, token};

#[tokio::test]
async fn features_are_off() {
    for (name, method, path, code, message) in [
        ("GOTRUE_SAML_ENABLED", Method::POST, "/sso", "saml_provider_disabled", "SAML 2.0 is disabled"),
        ("GOTRUE_SAML_ENABLED", Method::GET, "/sso/saml/metadata", "saml_provider_disabled", "SAML 2.0 is disabled"),
        (
            "GOTRUE_OAUTH_SERVER_ENABLED",
            Method::GET,
            "/oauth/authorize",
            "feature_disabled",
            "OAuth server is disabled",
        ),
        ("GOTRUE_OAUTH_SERVER_ENABLED", Method::POST, "/oauth/token", "feature_disabled", "OAuth server is disabled"),
        (
            "GOTRUE_OAUTH_SERVER_ENABLED",
            Method::GET,
            "/.well-known/oauth-authorization-server",
            "feature_disabled",
            "OAuth server is disabled",
        ),
        (
            "GOTRUE_EXPERIMENTAL_SCIM_ENABLED",
            Method::GET,
            "/scim/v2/Schemas",
            "feature_disabled",
            "SCIM server is disabled",
        ),
    ] {
        let world = World::with(&[(name, "false")]).await;
        let refused = world.send(method, path, "", json!({})).await;
        assert_eq!((refusal(&refused), &refused.1["msg"]), ((404, code), &json!(message)), "{path}");
    }
}

#[tokio::test]
async fn what_needs_a_token_needs_it_first() {
    for (name, path, code, message) in [
        (
            "GOTRUE_SECURITY_MANUAL_LINKING_ENABLED",
            "/user/identities/authorize?provider=github",
            "manual_linking_disabled",
            "Manual linking is disabled",
        ),
        ("GOTRUE_OAUTH_SERVER_ENABLED", "/user/oauth/grants", "feature_disabled", "OAuth server is disabled"),
        ("GOTRUE_OAUTH_SERVER_ENABLED", "/admin/oauth/clients", "feature_disabled", "OAuth server is disabled"),
        (
            "GOTRUE_CUSTOM_OAUTH_ENABLED",
            "/admin/custom-providers",
            "feature_disabled",
            "Custom OAuth providers are disabled",
        ),
    ] {
        let world = World::with(&[(name, "false")]).await;
        assert_eq!(world.send(Method::GET, path, "", json!({})).await.0, 401, "{path}");
        let session = world.sign_up().await;
        let key = world.server.service_key();
        let token = if path.starts_with("/admin") { key.expose() } else { token(&session) };
        let refused = world.send(Method::GET, path, token, json!({})).await;
        assert_eq!((refusal(&refused), &refused.1["msg"]), ((404, code), &json!(message)), "{path}");
    }
}

#[tokio::test]
async fn clients_register_themselves_only_if_that_is_on() {
    let world = World::with(&[("GOTRUE_OAUTH_SERVER_ALLOW_DYNAMIC_REGISTRATION", "false")]).await;
    let body = json!({ "redirect_uris": ["https://app.example.com/back"] });
    let refused = world.post("/oauth/clients/register", body.clone()).await;
    assert_eq!(refusal(&refused), (403, "oauth_dynamic_client_registration_disabled"));
    assert!(world.get("/.well-known/openid-configuration").await.get("registration_endpoint").is_none());

    let settings = [
        ("GOTRUE_OAUTH_SERVER_AUTHORIZATION_PATH", "/oauth/consent"),
        ("GOTRUE_OAUTH_SERVER_DEFAULT_SCOPE", "openid"),
        ("GOTRUE_SITE_URL", "https://app.example.com"),
    ];
    for (path, expected) in
        [("/oauth/consent", "https://app.example.com/oauth/consent?authorization_id="), ("", "error=server_error")]
    {
        let mut settings = settings;
        settings[0].1 = path;
        let world = World::with(&settings).await;
        let (_, client) = world.post("/oauth/clients/register", body.clone()).await;
        let path = format!(
            "/oauth/authorize?client_id={}&redirect_uri=https://app.example.com/back&code_challenge={}\
             &code_challenge_method=s256",
            client["client_id"].as_str().unwrap(),
            "a".repeat(43)
        );
        let (_, redirect) = world.send(Method::GET, &path, "", json!({})).await;
        assert!(redirect["location"].as_str().unwrap().contains(expected), "{redirect}");
    }
}

#[tokio::test]
async fn custom_providers_are_limited() {
    let world = World::with(&[("GOTRUE_CUSTOM_OAUTH_MAX_PROVIDERS", "1")]).await;
    let key = world.server.service_key();
    for (name, expected) in [("custom:one", 201), ("custom:two", 400)] {
        let body = json!({
            "provider_type": "oauth2", "identifier": name, "name": "One", "client_id": "id", "client_secret": "secret",
            "authorization_url": "https://one.example.com/authorize", "token_url": "https://one.example.com/token",
            "userinfo_url": "https://one.example.com/user",
        });
        let (status, answer) = world.send(Method::POST, "/admin/custom-providers", key.expose(), body).await;
        assert_eq!(status, expected, "{answer}");
    }
}

#[tokio::test]
async fn the_audit_log_is_off() {
    for (off, entries) in [("true", 0), ("false", 2)] {
        let world = World::with(&[("GOTRUE_AUDIT_LOG_DISABLE_POSTGRES", off)]).await;
        world.sign_up().await;
        let key = world.server.service_key();
        let (_, log) = world.send(Method::GET, "/admin/audit", key.expose(), json!({})).await;
        assert_eq!(log.as_array().map_or(0, Vec::len), entries, "{log}");
    }
}
