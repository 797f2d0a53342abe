//! Invalid input is rejected with a clear error before any request.

use std::{fmt::Debug, time::Duration};

use futures::StreamExt;
use gotrue::{
    Error, Result, SignOutScope,
    admin::{
        CreateCustomProvider, CreateSsoProvider, CreateUser, GenerateLink, OAuth2Endpoints, UpdateCustomProvider,
        UpdateOAuthClient, UpdateSsoProvider, UpdateUser,
    },
    oauth::NewOAuthClient,
    types::TokenEndpointAuthMethod,
};
use serde_json::json;
use support::{SERVICE_KEY, client_of, server_that_answers};
use uuid::Uuid;
use wiremock::ResponseTemplate;

const SOME: Uuid = Uuid::from_u128(1);
const NONE: Uuid = Uuid::nil();

#[track_caller]
fn assert_rejected<T: Debug>(result: Result<T>, text: &str) {
    let error = result.expect_err(text);
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    assert_eq!(error.to_string(), text);
}

macro_rules! refused {
    ($($call:expr => $text:expr),* $(,)?) => { $( assert_rejected($call.await, $text); )* };
}

#[tokio::test]
async fn invalid_input_sends_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let admin = client_of(&server).admin(SERVICE_KEY);
    let (users, list) = (admin.users(), || admin.users().list());
    let ada = || CreateUser::email("ada@example.com");
    let not_object = "metadata must be a JSON object";
    let no_id = "user id must not be the nil UUID";
    let long = Duration::from_secs(10_000_000_000);
    refused! {
        users.create(CreateUser::email(" ")) => "email address must not be empty",
        users.create(CreateUser::phone("")) => "phone number must not be empty",
        users.create(CreateUser::email_and_phone("ada@example.com", "")) => "phone number must not be empty",
        users.create(ada().password("")) => "password must not be empty",
        users.create(ada().password_hash("")) => "password hash must not be empty",
        users.create(ada().password("a").password_hash("b")) => "password cannot be combined with a password hash",
        users.create(ada().user_metadata(json!([]))) => not_object,
        users.create(ada().app_metadata(json!("x"))) => not_object,
        users.create(ada().role("")) => "role must not be empty",
        users.create(ada().id(NONE)) => no_id,
        users.create(ada().ban(Duration::ZERO)) => "ban duration must not be zero",
        users.create(ada().audience("")) => "audience must not be empty or contain characters that are not allowed in a header",
        users.update(NONE, UpdateUser::new()) => no_id,
        users.update(SOME, UpdateUser::new().email("")) => "email address must not be empty",
        users.update(SOME, UpdateUser::new().phone("")) => "phone number must not be empty",
        users.update(SOME, UpdateUser::new().password("")) => "password must not be empty",
        users.update(SOME, UpdateUser::new().app_metadata(json!(null))) => not_object,
        users.ban(SOME, Duration::ZERO) => "ban duration must not be zero",
        users.ban(SOME, long) => "ban duration must be at most 292 years",
        users.get(NONE) => no_id,
        users.delete(NONE) => no_id,
        users.soft_delete(NONE) => no_id,
        users.unban(NONE) => no_id,
        users.get_by_email(" ") => "email address must not be empty",
        users.factors(NONE).list() => no_id,
        users.factors(SOME).rename(NONE, "x") => "factor id must not be the nil UUID",
        users.factors(SOME).rename(SOME, " ") => "friendly name must not be empty",
        users.factors(SOME).set_phone(SOME, "") => "phone number must not be empty",
        users.factors(SOME).delete(NONE) => "factor id must not be the nil UUID",
        users.passkeys(NONE).list() => no_id,
        users.passkeys(SOME).delete(NONE) => "passkey id must not be the nil UUID",
        list().page(0).get() => "page must be at least 1",
        list().per_page(0).get() => "page size must be at least 1",
        list().by_cursor(0).get() => "limit must be at least 1",
        list().cursor("").get() => "cursor must not be empty",
        list().by_cursor(9).page(2).get() => "list cannot combine page numbers with a cursor",
        list().filter(" ").get() => "filter must not be empty",
        admin.audit_log().page(0).get() => "page must be at least 1",
        admin.audit_log().per_page(0).get() => "page size must be at least 1",
        admin.audit_log().author("").get() => "audit filter must not be empty",
        admin.audit_log().author("a").action("b").get() => "audit filter can be set only once; the server filters by one column",
        admin.sign_out("", SignOutScope::Local) => "access token must not be empty",
    }
    // A stream returns the error once.
    let said: Vec<_> = list().per_page(0).stream().collect().await;
    assert_eq!(said.len(), 1);

    let link = |link| admin.generate_link(link);
    let existing_user = "metadata cannot be set by a link for an existing user";
    refused! {
        link(GenerateLink::magic_link("")) => "email address must not be empty",
        link(GenerateLink::sign_up("a@b.c", "")) => "password must not be empty",
        link(GenerateLink::email_change_new("a@b.c", " ")) => "new email address must not be empty",
        link(GenerateLink::invite("a@b.c").data(1)) => not_object,
        link(GenerateLink::recovery("a@b.c").data(json!({}))) => existing_user,
        link(GenerateLink::email_change_current("a@b.c", "d@e.f").data(json!({}))) => existing_user,
        link(GenerateLink::invite("a@b.c").redirect_to("/x")) =>
            "redirect URL is invalid: relative URL without a base",
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn invalid_providers_and_clients_send_no_request() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let admin = client_of(&server).admin(SERVICE_KEY);
    let (sso, custom, oauth) = (admin.sso_providers(), admin.custom_providers(), admin.oauth_clients());
    let no_id = "SSO provider id must not be the nil UUID";
    refused! {
        sso.get(NONE) => no_id,
        sso.delete(NONE) => no_id,
        sso.update(NONE, UpdateSsoProvider::without_name_id_format()) => no_id,
        sso.list().resource_id("").get() => "resource id must not be empty",
        sso.list().resource_id("a").resource_id_prefix("b").get() => "resource id cannot be combined with a prefix",
        sso.create(CreateSsoProvider::metadata_xml(" ")) => "metadata must not be empty",
        sso.create(CreateSsoProvider::metadata_url("http://idp.example.com")) => "metadata URL must be an https URL",
        sso.create(CreateSsoProvider::metadata_xml("<a/>").domains(["a.example", ""])) => "domain must not be empty",
        sso.create(CreateSsoProvider::metadata_xml("<a/>").resource_id("")) => "resource id must not be empty",
        sso.update(SOME, UpdateSsoProvider::without_name_id_format().metadata_xml("<a/>").metadata_url("https://x"))
            => "metadata cannot be combined with a metadata URL",
    }

    let form =
        "identifier must be 1 to 43 lower-case letters, digits, colons and hyphens, ending with a letter or digit";
    for identifier in ["", "custom:", "Acme", "a_b", "a/b", "..", "a b", "acme-", "ü", &"a".repeat(44)] {
        assert_rejected(custom.get(identifier).await, form);
        assert_rejected(custom.delete(identifier).await, form);
        assert_rejected(custom.update(identifier, UpdateCustomProvider::new()).await, form);
        let provider = CreateCustomProvider::oidc(identifier, "https://acme.example.com", "id", "secret");
        assert_rejected(custom.create(provider).await, form);
    }
    let oidc = || CreateCustomProvider::oidc("acme", "https://acme.example.com", "id", "secret");
    let url = |path: &str| format!("https://acme.example.com/{path}");
    let endpoints = |token_url: &str| OAuth2Endpoints {
        authorization_url: url("a"),
        token_url: token_url.to_owned(),
        userinfo_url: url("u"),
    };
    let oauth2 = |token_url: &str| CreateCustomProvider::oauth2("acme", endpoints(token_url), "id", "secret");
    refused! {
        custom.create(CreateCustomProvider::oidc("acme", "", "id", "secret")) => "issuer must not be empty",
        custom.create(CreateCustomProvider::oidc("acme", "http://x", "id", "secret")) => "issuer must be an https URL",
        custom.create(CreateCustomProvider::oidc("acme", url(""), "", "secret")) => "client id must not be empty",
        custom.create(CreateCustomProvider::oidc("acme", url(""), "id", "")) => "client secret must not be empty",
        custom.create(oidc().name("")) => "name must not be empty",
        custom.create(oidc().scopes([""])) => "scope must not be empty",
        custom.create(oidc().jwks_uri(url("j"))) => "JWKS URI is only for OAuth 2.0; OpenID Connect discovers it",
        custom.create(oauth2("x")) => "token URL is invalid: relative URL without a base",
        custom.create(oauth2(&url("t")).discovery_url(url("d"))) => "discovery URL is only for OpenID Connect",
        custom.create(oauth2(&url("t")).skip_nonce_check(true)) => "nonce check is only for OpenID Connect",
        custom.update("acme", UpdateCustomProvider::new().client_secret("")) => "client secret must not be empty",
        custom.update("acme", UpdateCustomProvider::new().issuer("")) => "issuer must not be empty",
    }

    let app = |uri: &str| NewOAuthClient::public([uri]);
    let no_id = "client id must not be the nil UUID";
    let no_match = "authentication method does not match the client type";
    refused! {
        oauth.get(NONE) => no_id,
        oauth.delete(NONE) => no_id,
        oauth.regenerate_secret(NONE) => no_id,
        oauth.update(NONE, UpdateOAuthClient::new().client_name("x")) => no_id,
        oauth.update(SOME, UpdateOAuthClient::new()) => "update must change at least one field",
        oauth.update(SOME, UpdateOAuthClient::new().grant_types(<[&str; 0]>::default())) => "grant types must not be empty",
        oauth.create(NewOAuthClient::public(<[&str; 0]>::default())) => "redirect URIs must not be empty",
        oauth.create(NewOAuthClient::public(["https://x"; 11])) => "redirect URIs must have at most ten entries",
        oauth.create(app("/cb")) => "redirect URI is invalid: relative URL without a base",
        oauth.create(app("app:cb")) => "redirect URI must have a host",
        oauth.create(app("https://x/#y")) => "redirect URI must not have a fragment",
        oauth.create(app("http://x/")) => "redirect URI must not be http, except on this machine",
        oauth.create(app("https://x").client_name("")) => "client name must not be empty",
        oauth.create(app("https://x").logo_uri("")) => "logo URI must not be empty",
        oauth.update(SOME, UpdateOAuthClient::new().client_name("n".repeat(1025))) => "client name must be at most 1024 bytes long",
        oauth.update(SOME, UpdateOAuthClient::new().client_uri("x")) => "client URI is invalid: relative URL without a base",
        oauth.create(app("https://x").token_endpoint_auth_method("client_secret_post")) => no_match,
        oauth.create(NewOAuthClient::confidential(["https://x"])
            .token_endpoint_auth_method(TokenEndpointAuthMethod::None)) => no_match,
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}
