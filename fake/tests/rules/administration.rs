//! What administrators see and change.

use gotrue::reqwest::{Method, StatusCode};
use gotrue_fake::FakeServer;
use serde_json::{Value, json};

use crate::{EMAIL, as_admin, post};

async fn created(server: &FakeServer, body: Value) -> Value {
    let (status, user) = as_admin(server, Method::POST, "/admin/users", body).await;
    assert_eq!(status, StatusCode::OK, "{user}");
    user
}

fn path_of(user: &Value) -> String {
    format!("/admin/users/{}", user["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_imported_user_has_no_metadata() {
    let server = FakeServer::start().await;
    let hash = "$2b$04$abcdefghijklmnopqrstuuSQyLzxZtaUFpi/q2P5wWap0qvqIvC5q";
    let user = created(&server, json!({ "email": EMAIL, "password_hash": hash })).await;
    assert_eq!(user.get("user_metadata"), Some(&Value::Null));
    let (_, user) = as_admin(&server, Method::PUT, &path_of(&user), json!({ "user_metadata": { "a": 1 } })).await;
    assert_eq!(user["user_metadata"], json!({ "a": 1 }));
    let user =
        created(&server, json!({ "email": "bob@example.com", "password_hash": hash, "email_confirm": true })).await;
    assert_eq!(user["user_metadata"], json!({ "email_verified": true }));
    let user = created(&server, json!({ "email": "eve@example.com" })).await;
    assert_eq!(user["user_metadata"], json!({}));
}

#[tokio::test]
async fn a_password_is_as_long_as_bcrypt_reads() {
    let server = FakeServer::start().await;
    let [longest, longer] = [72, 73].map(|length| "a".repeat(length));
    let (status, error) =
        as_admin(&server, Method::POST, "/admin/users", json!({ "email": EMAIL, "password": longer })).await;
    assert_eq!((status, &error["msg"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("Internal Server Error")));
    created(&server, json!({ "email": EMAIL, "password": longest, "email_confirm": true })).await;
    let (status, _) = post(&server, "/token?grant_type=password", json!({ "email": EMAIL, "password": longer })).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_weak_password_signs_in_with_a_warning() {
    let server = FakeServer::start().await;
    created(&server, json!({ "email": EMAIL, "password": "abc", "email_confirm": true })).await;
    let (_, session) = post(&server, "/token?grant_type=password", json!({ "email": EMAIL, "password": "abc" })).await;
    let message = "Password should be at least 6 characters.";
    assert_eq!(session["weak_password"], json!({ "message": message, "reasons": ["length"] }));
}

#[tokio::test]
async fn the_identity_follows_the_address() {
    let server = FakeServer::start().await;
    let user = created(&server, json!({ "email": EMAIL, "email_confirm": true })).await;
    let (_, changed) = as_admin(&server, Method::PUT, &path_of(&user), json!({ "email": "Bob@example.com" })).await;
    // The response has the identity as it was.
    assert_eq!((&changed["email"], &changed["identities"][0]["email"]), (&json!("bob@example.com"), &json!(EMAIL)));
    let (_, stored) = as_admin(&server, Method::GET, &path_of(&user), json!({})).await;
    let identity = &stored["identities"][0];
    assert_eq!(identity["email"], json!("bob@example.com"));
    assert_eq!(identity["identity_data"]["email_verified"], json!(false));
    let (_, changed) = as_admin(&server, Method::PUT, &path_of(&user), json!({ "phone": "15550000001" })).await;
    assert_eq!(changed["identities"][1]["provider"], json!("phone"));
    assert_eq!(changed["app_metadata"]["providers"], json!(["email"]));
}

#[tokio::test]
async fn a_taken_address_is_an_error_of_the_database() {
    let server = FakeServer::start().await;
    let user = created(&server, json!({ "email": EMAIL })).await;
    created(&server, json!({ "email": "bob@example.com" })).await;
    let (status, error) = as_admin(&server, Method::PUT, &path_of(&user), json!({ "email": "bob@example.com" })).await;
    assert_eq!((status, &error["code"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("23505")));
    let (_, error) =
        as_admin(&server, Method::POST, "/admin/users", json!({ "id": user["id"], "phone": "15550000001" })).await;
    assert_eq!(error["message"], json!("duplicate key value violates unique constraint \"users_pkey\""));
    for (id, message) in [
        ("x", "ID must conform to the uuid v4 format"),
        ("00000000-0000-0000-0000-000000000000", "ID cannot be a nil uuid"),
    ] {
        let (_, error) =
            as_admin(&server, Method::POST, "/admin/users", json!({ "id": id, "phone": "15550000002" })).await;
        assert_eq!(error["msg"], json!(message));
    }
}

#[tokio::test]
async fn a_soft_deleted_user_keeps_nothing_personal() {
    let server = FakeServer::start().await;
    let user = created(&server, json!({ "email": EMAIL, "user_metadata": { "a": 1 } })).await;
    as_admin(&server, Method::DELETE, &path_of(&user), json!({ "should_soft_delete": true })).await;
    let (_, deleted) = as_admin(&server, Method::GET, &path_of(&user), json!({})).await;
    let identity = deleted["identities"][0].as_object().unwrap();
    assert!(!identity.contains_key("identity_data") && !identity.contains_key("email"), "{identity:?}");
    assert_ne!(identity["id"], user["id"]);
    assert_eq!((&deleted["user_metadata"], &deleted["app_metadata"]), (&json!({}), &json!({})));
    assert!(!deleted.to_string().contains(EMAIL) && deleted["deleted_at"].is_string());
    // The address is free again.
    created(&server, json!({ "email": EMAIL })).await;
}

#[tokio::test]
async fn members_of_administrators_are_read_as_go_reads_them() {
    let server = FakeServer::start().await;
    let user = created(&server, json!({ "email": EMAIL })).await;
    let metadata = r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">
        <IDPSSODescriptor/></EntityDescriptor>"#;
    let sso = |more: Value| {
        let mut body = json!({ "type": "saml", "metadata_xml": metadata });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let custom = |url: &str| {
        json!({
            "provider_type": "oauth2", "identifier": "custom:a", "name": "a", "client_id": "a", "client_secret": "a",
            "authorization_url": url, "token_url": url, "userinfo_url": url,
        })
    };
    let type_error = |place: &str| {
        format!("Could not parse request body as JSON: json: cannot unmarshal number into Go struct field {place}")
    };
    for (method, path, body, status, message) in [
        // A null in a list is an empty text.
        (
            Method::POST,
            "/admin/sso/providers",
            sso(json!({ "domains": [null] })),
            500,
            "Unexpected failure, please check server logs for more information".to_owned(),
        ),
        (
            Method::POST,
            "/admin/sso/providers",
            sso(json!({ "attribute_mapping": 1 })),
            400,
            type_error("CreateSSOProviderParams.attribute_mapping of type models.SAMLAttributeMapping"),
        ),
        (Method::POST, "/admin/custom-providers", custom("a"), 400, "URL must use HTTPS".to_owned()),
        (
            Method::POST,
            "/admin/generate_link",
            json!({ "email": "", "redirect_to": 1 }),
            400,
            type_error("GenerateLinkParams.redirect_to of type string"),
        ),
        (
            Method::PUT,
            &path_of(&user),
            json!({ "password_hash": 1 }),
            400,
            type_error("AdminUserParams.password_hash of type string"),
        ),
    ] {
        let (got, error) = as_admin(&server, method, path, body).await;
        assert_eq!((got.as_u16(), error["msg"].as_str()), (status, Some(&*message)), "{path}");
    }
    // An empty text is absent.
    let empty = sso(json!({ "metadata_url": "", "name_id_format": "", "attribute_mapping": { "keys": {} } }));
    let (status, provider) = as_admin(&server, Method::POST, "/admin/sso/providers", empty).await;
    assert_eq!(status, StatusCode::CREATED, "{provider}");
    assert_eq!(provider["saml"]["attribute_mapping"], json!({}));
}

#[tokio::test]
async fn values_that_the_database_refuses_are_refused() {
    let server = FakeServer::start().await;
    let user = created(&server, json!({ "email": EMAIL, "user_metadata": { "a": null }, "role": " " })).await;
    assert_eq!((&user["user_metadata"], &user["role"]), (&json!({ "a": null }), &json!("")));
    let long = "a".repeat(256);
    let provider = |id: &str, resource: &str| {
        let metadata = format!(
            r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{id}"><IDPSSODescriptor/>
            </EntityDescriptor>"#
        );
        json!({ "type": "saml", "metadata_xml": metadata, "resource_id": resource })
    };
    for (method, path, body, status) in [
        (Method::POST, "/admin/users", json!({ "email": "bob@example.com", "aud": long }), 500),
        (Method::POST, "/admin/users", json!({ "email": "bob@example.com", "role": "\0" }), 500),
        (Method::PUT, &path_of(&user), json!({ "role": long }), 500),
        (Method::POST, "/admin/sso/providers", provider("one", "a"), 201),
        (Method::POST, "/admin/sso/providers", provider("two", "a"), 500),
        (Method::POST, "/sso", json!({ "domain": "\0" }), 500),
        (Method::POST, "/sso", json!({ "provider_id": "00000000-0000-0000-0000-000000000000" }), 400),
    ] {
        let (got, error) = as_admin(&server, method, path, body).await;
        assert_eq!(got.as_u16(), status, "{path}: {error}");
    }
}

#[tokio::test]
async fn a_custom_provider_sets_no_protected_field() {
    let server = FakeServer::start().await;
    for (more, status, message) in [
        (json!({ "attribute_mapping": { "role": "a" } }), 400, "Cannot map to protected system field: role"),
        (
            json!({ "custom_claims_allowlist": ["a", " "] }),
            400,
            "custom_claims_allowlist entries must be non-empty strings",
        ),
        (json!({ "name": "\0" }), 500, "Error creating custom OAuth provider"),
    ] {
        let url = "https://provider.example.com/a";
        let mut body = json!({
            "provider_type": "oauth2", "identifier": "custom:a", "name": "a", "client_id": "a", "client_secret": "a",
            "authorization_url": url, "token_url": url, "userinfo_url": url,
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (got, error) = as_admin(&server, Method::POST, "/admin/custom-providers", body).await;
        assert_eq!((got.as_u16(), error["msg"].as_str()), (status, Some(message)), "{more}");
    }
}

#[tokio::test]
async fn an_empty_text_about_an_oauth_client_is_absent() {
    let server = FakeServer::start().await;
    let client = |name: &str| {
        json!({
            "client_name": name, "redirect_uris": ["https://example.com/a"], "client_type": "",
            "token_endpoint_auth_method": "",
        })
    };
    let (status, created) = as_admin(&server, Method::POST, "/admin/oauth/clients", client("a")).await;
    assert_eq!((status, &created["client_type"]), (StatusCode::CREATED, &json!("confidential")));
    let (status, error) = as_admin(&server, Method::POST, "/admin/oauth/clients", client("\0")).await;
    assert_eq!((status, &error["error_code"]), (StatusCode::BAD_REQUEST, &json!("validation_failed")));
}
