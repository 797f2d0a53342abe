//! Providers: invitations, addresses of identities, SAML requests.

use gotrue::{
    IdToken, Provider,
    reqwest::{self, Method, StatusCode, Url},
};
use gotrue_fake::FakeServer;
use serde_json::{Value, json};

use crate::{PASSWORD, as_admin, open, post, send, sign_up};

/// The address of the one user of GitHub.
const OF_GITHUB: &str = "github-user@example.com";

#[tokio::test]
async fn an_invitation_is_accepted_with_a_provider() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    as_admin(&server, Method::POST, "/invite", json!({ "email": OF_GITHUB, "data": { "team": 1 } })).await;
    let token = server.last_message_to(OF_GITHUB).unwrap().token_hash.unwrap();
    let accept =
        |provider: &str| format!("{}/authorize?provider={provider}&invite_token={}", server.url(), token.expose());
    let refused = open(open(&accept("gitlab")).await.as_str()).await;
    assert!(refused.query().unwrap().contains("Invited+email+does+not+match"), "{refused}");
    let target = open(open(&accept("github")).await.as_str()).await;
    assert!(target.fragment().unwrap().contains("access_token="), "{target}");
    let (_, users) = as_admin(&server, Method::GET, "/admin/users", json!({})).await;
    let user = &users["users"][0];
    assert_eq!(user["app_metadata"], json!({ "provider": "github", "providers": ["github"] }));
    assert!(user["email_confirmed_at"].is_string() && user["user_metadata"]["team"].is_null());
    let (status, error) = send(&server, Method::GET, "/authorize?provider=github&invite_token=x", "", "").await;
    assert_eq!((status, &error["error_code"]), (StatusCode::NOT_FOUND, &json!("user_not_found")));
}

#[tokio::test]
async fn an_address_of_an_identity_is_taken() {
    let server = FakeServer::start().await;
    let id_token = server.id_token(Provider::Google, &json!({ "email": "google@example.com" })).unwrap();
    let session = server.client().unwrap().sign_in(IdToken::new(Provider::Google, id_token)).await.unwrap();
    let path = format!("/admin/users/{}", session.user().id);
    as_admin(&server, Method::PUT, &path, json!({ "email": "new@example.com" })).await;
    let body = json!({ "email": "google@example.com", "password": PASSWORD });
    assert_eq!(post(&server, "/signup", body.clone()).await.1["error_code"], json!("user_already_exists"));
    assert_eq!(as_admin(&server, Method::POST, "/admin/users", body).await.1["error_code"], json!("email_exists"));
    let (_, token) = sign_up(&server).await;
    let token = format!("Bearer {}", token.expose());
    let (_, error) = send(&server, Method::PUT, "/user", &token, r#"{"email":"google@example.com"}"#).await;
    assert_eq!(error["error_code"], json!("email_exists"));
}

#[tokio::test]
async fn a_refused_link_changes_nothing() {
    let server = FakeServer::start().await;
    as_admin(&server, Method::POST, "/admin/users", json!({ "email": OF_GITHUB })).await;
    let (_, session) = post(&server, "/signup", json!({})).await;
    let token = format!("Bearer {}", session["access_token"].as_str().unwrap());
    let path = "/user/identities/authorize?provider=github&skip_http_redirect=true";
    let (_, link) = send(&server, Method::GET, path, &token, "").await;
    let target = open(link["url"].as_str().unwrap()).await;
    assert!(target.query().unwrap().contains("error_code=email_exists"), "{target}");
    let (_, user) = send(&server, Method::GET, "/user", &token, "").await;
    assert_eq!((&user["identities"], &user["is_anonymous"]), (&json!([]), &json!(true)));
}

#[tokio::test]
async fn a_callback_needs_a_code() {
    let server = FakeServer::start().await;
    let mut callback = open(&format!("{}/authorize?provider=github", server.url())).await;
    let state = callback.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    callback.set_query(Some(&format!("state={state}")));
    let target = open(callback.as_str()).await;
    assert!(target.query().unwrap().contains("error_code=bad_oauth_callback"), "{target}");
}

#[tokio::test]
async fn a_saml_request_is_signed() {
    let server = FakeServer::start().await;
    let metadata = r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">
        <IDPSSODescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
        Location="https://idp.example/sso?a=b"/></IDPSSODescriptor></EntityDescriptor>"#;
    let body =
        json!({ "type": "saml", "metadata_xml": metadata, "domains": ["example.com"], "dedicated_scope": [true] });
    let (status, provider) = as_admin(&server, Method::POST, "/admin/sso/providers", body).await;
    assert_eq!((status, provider.get("dedicated_scope")), (StatusCode::CREATED, None));
    let (_, reply): (_, Value) =
        post(&server, "/sso", json!({ "domain": "example.com", "skip_http_redirect": true })).await;
    let url = Url::parse(reply["url"].as_str().unwrap()).unwrap();
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["a", "SAMLRequest", "RelayState", "SigAlg", "Signature"]);
}

#[tokio::test]
async fn a_saml_response_to_no_request_is_refused() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let server = FakeServer::start().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let unknown = STANDARD.encode("<Response><Issuer>https://idp.example.com</Issuer></Response>");
    for (form, expected) in [
        (&[("RelayState", "x"), ("SAMLResponse", "AAAA")][..], "SAML+RelayState+is+not+a+valid+UUID+or+URL"),
        (&[("RelayState", "00000000-0000-4000-8000-000000000000")], "SAML+RelayState+does+not+exist"),
        (&[("RelayState", "/"), ("SAMLart", "a")], "SAML+Artifact+response+can+only+be+used+with+SP+initiated+flow"),
        (&[], "SAMLResponse+is+missing"),
        (&[("SAMLResponse", "!")], "SAMLResponse+is+not+a+valid+Base64+string"),
        (&[("SAMLResponse", "AAAA")], "SAMLResponse+is+not+a+valid+XML+SAML+assertion"),
        (&[("SAMLResponse", &unknown)], "A+SAML+connection+has+not+been+established+with+this+Identity+Provider"),
    ] {
        let response = http.post(server.url() + "/sso/saml/acs").form(form).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.contains(expected), "{form:?}: {location}");
    }
}
