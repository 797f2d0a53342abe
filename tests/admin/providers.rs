//! SSO providers and custom providers.

use gotrue::{
    admin::{CreateCustomProvider, CreateSsoProvider, OAuth2Endpoints, UpdateCustomProvider, UpdateSsoProvider},
    types::{CustomProviderType, SamlAttribute, SamlAttributeMapping},
};
use serde_json::json;
use support::{SERVICE_KEY, client_of, last_request, server_that_answers};
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::recorded::Recorded;

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

fn mapping() -> SamlAttributeMapping {
    let mail = SamlAttribute { name: Some("mail".to_owned()), ..SamlAttribute::default() };
    let role = SamlAttribute { default: Some(json!("user")), ..SamlAttribute::default() };
    SamlAttributeMapping { keys: Some([("email".to_owned(), mail), ("role".to_owned(), role)].into()) }
}

#[tokio::test]
async fn sso_providers_are_listed() {
    let recorded = Recorded::new("167-admin_sso_providers_list-one").await;
    let all = recorded.admin.sso_providers().list().get().await.unwrap();
    recorded.assert_sent().await;
    assert_eq!(all[0].domains.as_ref().unwrap()[0].domain, "5615942f.example");

    let recorded = Recorded::new("161-admin_sso_providers_list-before").await;
    assert!(recorded.admin.sso_providers().list().resource_id("a/b").get().await.unwrap().is_empty());
    assert_eq!(recorded.sent_query().await, [("resource_id".to_owned(), "a/b".to_owned())]);
    let recorded = Recorded::new("161-admin_sso_providers_list-before").await;
    recorded.admin.sso_providers().list().resource_id_prefix("t-").get().await.unwrap();
    assert_eq!(recorded.sent_query().await, [("resource_id_prefix".to_owned(), "t-".to_owned())]);

    // An empty list may also be null or absent.
    for body in [json!({ "items": null }), json!({})] {
        let server = server_that_answers(ResponseTemplate::new(200).set_body_json(body)).await;
        let sso = client_of(&server).admin(SERVICE_KEY).sso_providers();
        assert!(sso.list().get().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_sso_provider_is_created_with_all_fields() {
    let recorded = Recorded::new("162-admin_sso_provider_create-ok").await;
    let acme = CreateSsoProvider::metadata_url("https://idp.example.com/metadata")
        .domains(["acme.example"])
        .attribute_mapping(mapping())
        .name_id_format(PERSISTENT)
        .resource_id("tenant-7")
        .disabled(false)
        .dedicated_scope(json!({ "acme": [1] }));
    recorded.assert_whole(recorded.admin.sso_providers().create(acme).await);
    let body = json!({
        "type": "saml",
        "metadata_url": "https://idp.example.com/metadata",
        "domains": ["acme.example"],
        "attribute_mapping": { "keys": { "email": { "name": "mail" }, "role": { "default": "user" } } },
        "name_id_format": PERSISTENT,
        "resource_id": "tenant-7",
        "disabled": false,
        "dedicated_scope": { "acme": [1] },
    });
    recorded.assert_sent_body(body).await;

    let recorded = Recorded::new("162-admin_sso_provider_create-ok").await;
    recorded.admin.sso_providers().create(CreateSsoProvider::metadata_xml("<a/>")).await.unwrap();
    recorded.assert_sent_body(json!({ "type": "saml", "metadata_xml": "<a/>" })).await;
}

#[tokio::test]
async fn an_sso_provider_is_read_updated_and_deleted() {
    let recorded = Recorded::new("168-admin_sso_provider_get-ok").await;
    let mut provider = recorded.assert_whole(recorded.admin.sso_providers().get(recorded.id(4)).await);
    recorded.assert_sent().await;

    let recorded = Recorded::new("169-admin_sso_provider_update-ok").await;
    let update = UpdateSsoProvider::of(&provider).domains(["5615942f.example", "x5615942f.example"]);
    recorded.assert_whole(recorded.admin.sso_providers().update(recorded.id(4), update).await);
    recorded.assert_sent().await;

    // Without the field, the server would clear the name ID format.
    provider.saml.as_mut().unwrap().name_id_format = Some(PERSISTENT.to_owned());
    let update = UpdateSsoProvider::of(&provider).metadata_xml("<a/>").attribute_mapping(mapping());
    let update = update.resource_id("").disabled(true).dedicated_scope("acme").domains(<[String; 0]>::default());
    let recorded = Recorded::new("169-admin_sso_provider_update-ok").await;
    recorded.admin.sso_providers().update(recorded.id(4), update).await.unwrap();
    let body = json!({
        "metadata_xml": "<a/>",
        "domains": [],
        "attribute_mapping": { "keys": { "email": { "name": "mail" }, "role": { "default": "user" } } },
        "name_id_format": PERSISTENT,
        "resource_id": "",
        "disabled": true,
        "dedicated_scope": "acme",
    });
    recorded.assert_sent_body(body).await;

    let recorded = Recorded::new("169-admin_sso_provider_update-ok").await;
    let update = UpdateSsoProvider::without_name_id_format().metadata_url("https://idp.example.com/metadata");
    recorded.admin.sso_providers().update(recorded.id(4), update).await.unwrap();
    recorded.assert_sent_body(json!({ "metadata_url": "https://idp.example.com/metadata" })).await;

    let recorded = Recorded::new("170-admin_sso_provider_delete-ok").await;
    recorded.assert_whole(recorded.admin.sso_providers().delete(recorded.id(4)).await);
    recorded.assert_sent().await;

    let recorded = Recorded::new("171-admin_sso_provider_get-not-found").await;
    recorded.assert_error(recorded.admin.sso_providers().get(Uuid::from_u128(1)).await);
}

fn endpoints() -> OAuth2Endpoints {
    OAuth2Endpoints {
        authorization_url: "https://acme.example.com/auth".to_owned(),
        token_url: "https://acme.example.com/token".to_owned(),
        userinfo_url: "https://acme.example.com/me".to_owned(),
    }
}

#[tokio::test]
async fn a_custom_provider_is_created() {
    for identifier in ["acme5615942f", "custom:acme5615942f"] {
        let recorded = Recorded::new("172-admin_custom_provider_create-ok").await;
        let acme = CreateCustomProvider::oauth2(identifier, endpoints(), "cid", "sec").name("Acme");
        let created = recorded.admin.custom_providers().create(acme.scopes(["openid", "email"])).await;
        recorded.assert_whole(created);
        recorded.assert_sent().await;
    }
    let recorded = Recorded::new("173-admin_custom_provider_create-exists").await;
    let acme = CreateCustomProvider::oauth2("acme5615942f", endpoints(), "cid", "sec");
    recorded.assert_error(recorded.admin.custom_providers().create(acme).await);
}

#[tokio::test]
async fn a_custom_provider_is_created_with_all_fields() {
    let recorded = Recorded::new("172-admin_custom_provider_create-ok").await;
    let acme = CreateCustomProvider::oidc("acme", "https://acme.example.com", "cid", "sec")
        .acceptable_client_ids(["phone"])
        .scopes(["email"])
        .pkce(false)
        .attribute_mapping([("email", json!("mail")), ("email_verified", json!(true))])
        .custom_claims(["groups"])
        .authorization_params([("prompt", "login")])
        .enabled(true)
        .email_optional(true)
        .discovery_url("https://acme.example.com/d")
        .skip_nonce_check(true);
    recorded.admin.custom_providers().create(acme).await.unwrap();
    let body = json!({
        "provider_type": "oidc",
        "identifier": "custom:acme",
        "name": "acme",
        "client_id": "cid",
        "client_secret": "sec",
        "acceptable_client_ids": ["phone"],
        "scopes": ["email"],
        "pkce_enabled": false,
        "attribute_mapping": { "email": "mail", "email_verified": true },
        "custom_claims_allowlist": ["groups"],
        "authorization_params": { "prompt": "login" },
        "enabled": true,
        "email_optional": true,
        "issuer": "https://acme.example.com",
        "discovery_url": "https://acme.example.com/d",
        "skip_nonce_check": true,
    });
    recorded.assert_sent_body(body).await;

    let recorded = Recorded::new("172-admin_custom_provider_create-ok").await;
    let acme = CreateCustomProvider::oauth2("acme", endpoints(), "cid", "sec").jwks_uri("https://acme.example.com/j");
    recorded.admin.custom_providers().create(acme).await.unwrap();
    let body = json!({
        "provider_type": "oauth2",
        "identifier": "custom:acme",
        "name": "acme",
        "client_id": "cid",
        "client_secret": "sec",
        "authorization_url": "https://acme.example.com/auth",
        "token_url": "https://acme.example.com/token",
        "userinfo_url": "https://acme.example.com/me",
        "jwks_uri": "https://acme.example.com/j",
    });
    recorded.assert_sent_body(body).await;
}

#[tokio::test]
async fn a_custom_provider_is_found_by_its_name_with_or_without_the_prefix() {
    for identifier in ["acme5615942f", "custom:acme5615942f"] {
        let recorded = Recorded::new("176-admin_custom_provider_get-ok").await;
        recorded.assert_whole(recorded.admin.custom_providers().get(identifier).await);
        recorded.assert_sent().await;

        let recorded = Recorded::new("177-admin_custom_provider_update-ok").await;
        let update = UpdateCustomProvider::new().name("Acme 2").enabled(false);
        recorded.assert_whole(recorded.admin.custom_providers().update(identifier, update).await);
        recorded.assert_sent().await;

        let recorded = Recorded::new("179-admin_custom_provider_delete-ok").await;
        recorded.admin.custom_providers().delete(identifier).await.unwrap();
        recorded.assert_sent().await;
    }
    // The colon is not encoded, because the server does not decode it.
    let server = server_that_answers(ResponseTemplate::new(204)).await;
    client_of(&server).admin(SERVICE_KEY).custom_providers().delete("a:b").await.unwrap();
    assert!(last_request(&server).await.url.as_str().ends_with("/admin/custom-providers/custom:a:b"));

    let recorded = Recorded::new("180-admin_custom_provider_get-not-found").await;
    recorded.assert_error(recorded.admin.custom_providers().get("gone").await);
}

#[tokio::test]
async fn a_custom_provider_is_updated_with_all_fields() {
    let recorded = Recorded::new("177-admin_custom_provider_update-ok").await;
    let update = UpdateCustomProvider::new()
        .name("Acme")
        .client_id("cid")
        .client_secret("sec")
        .acceptable_client_ids(<[String; 0]>::default())
        .scopes(["email"])
        .pkce(true)
        .attribute_mapping([("email", json!("mail"))])
        .custom_claims(["groups"])
        .authorization_params([("prompt", "login")])
        .enabled(true)
        .email_optional(false)
        .issuer("https://a.example.com/1")
        .discovery_url("https://a.example.com/2")
        .skip_nonce_check(false)
        .authorization_url("https://a.example.com/3")
        .token_url("https://a.example.com/4")
        .userinfo_url("https://a.example.com/5")
        .jwks_uri("https://a.example.com/6");
    recorded.admin.custom_providers().update("acme", update).await.unwrap();
    let body = json!({
        "name": "Acme",
        "client_id": "cid",
        "client_secret": "sec",
        "acceptable_client_ids": [],
        "scopes": ["email"],
        "pkce_enabled": true,
        "attribute_mapping": { "email": "mail" },
        "custom_claims_allowlist": ["groups"],
        "authorization_params": { "prompt": "login" },
        "enabled": true,
        "email_optional": false,
        "issuer": "https://a.example.com/1",
        "discovery_url": "https://a.example.com/2",
        "skip_nonce_check": false,
        "authorization_url": "https://a.example.com/3",
        "token_url": "https://a.example.com/4",
        "userinfo_url": "https://a.example.com/5",
        "jwks_uri": "https://a.example.com/6",
    });
    recorded.assert_sent_body(body).await;
}

#[tokio::test]
async fn custom_providers_are_listed() {
    let recorded = Recorded::new("175-admin_custom_providers_list-ok").await;
    let some = recorded.admin.custom_providers().list_of(CustomProviderType::Oauth2).await.unwrap();
    recorded.assert_sent().await;
    assert_eq!(some[0].identifier, "custom:acme5615942f");

    let recorded = Recorded::new("175-admin_custom_providers_list-ok").await;
    assert_eq!(recorded.admin.custom_providers().list().await.unwrap().len(), 1);
    assert!(recorded.sent_query().await.is_empty());
}
