//! Identities, passkeys and consents of a signed-in user.

use gotrue::{
    ErrorCode, IdToken, Provider, UserClient,
    types::OAuthAuthorizationResult,
    uuid::{Uuid, uuid},
};
use serde_json::{Value, json};
use support::{body, exchange::Exchange, header, last_request, query, server_that_answers, session};
use wiremock::{MockServer, ResponseTemplate};

/// The recorded user, with a server that replays a recording.
async fn play(name: &str) -> (Exchange, MockServer, UserClient) {
    let recorded = Exchange::load(name);
    let (server, client) = recorded.play().await;
    let user = client.user(recorded.access_token());
    (recorded, server, user)
}

/// The last segment of the path of a recorded request.
fn last_id(recorded: &Exchange) -> Uuid {
    recorded.request["path"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn identities_are_listed_and_removed() {
    let (recorded, server, user) = play("091-user_get-with-identities").await;
    let identities = user.identities().list().await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!(identities[0].provider, "email");

    let (recorded, server, user) = play("092-identity_unlink-single").await;
    let error = user.identities().unlink(last_id(&recorded)).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::SingleIdentityNotDeletable));
    recorded.assert_repeated(&server).await;

    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    support::client_of(&server).user("t").identities().unlink(Uuid::from_u128(1)).await.unwrap();
}

#[tokio::test]
async fn an_identity_is_linked_at_a_provider() {
    let (recorded, server, user) = play("089-identity_link-url").await;
    let url = user.identities().link(Provider::Github).url().await.unwrap();
    assert_eq!(url.as_str(), recorded.came()["url"]);
    recorded.assert_repeated(&server).await;

    let link = user
        .identities()
        .link("custom:acme")
        .scopes(["repo", "user:email"])
        .redirect_to("https://app.example.com/cb")
        .query("prompt", "consent");
    let (_, verifier) = link.pkce().await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(request.url.path(), "/user/identities/authorize");
    let sent = json!({
        "provider": "custom:acme",
        "scopes": "repo user:email",
        "redirect_to": "https://app.example.com/cb",
        "prompt": "consent",
        "skip_http_redirect": "true",
        "code_challenge": verifier.challenge(),
        "code_challenge_method": "s256",
    });
    assert_eq!(query(&request), sent);
    assert_eq!(header(&request, "authorization"), Some(format!("Bearer {}", recorded.access_token()).as_str()));
}

#[tokio::test]
async fn an_invalid_url_is_an_error() {
    let reply = ResponseTemplate::new(200).set_body_json(json!({ "url": "not an address" }));
    let server = server_that_answers(reply).await;
    let error = support::client_of(&server).user("t").identities().link(Provider::Github).url().await.unwrap_err();
    assert!(matches!(error, gotrue::Error::UnreadableResponse(_)), "{error:?}");
}

#[tokio::test]
async fn an_id_token_links_its_identity() {
    let (recorded, server, user) = play("232-identity_link_id_token-already-linked").await;
    let sent = recorded.sent();
    let id_token =
        || IdToken::new("keycloak", sent["id_token"].as_str().unwrap()).nonce(sent["nonce"].as_str().unwrap());
    let error = user.identities().link_id_token(id_token()).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::IdentityAlreadyExists));
    recorded.assert_repeated(&server).await;

    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(session())).await;
    let user = support::client_of(&server).user("token-of-ada");
    let session = user.identities().link_id_token(id_token()).await.unwrap();
    assert_eq!(session.user().email.as_deref(), Some("ada@example.com"));
    assert_eq!(header(&last_request(&server).await, "authorization"), Some("Bearer token-of-ada"));
}

#[tokio::test]
async fn a_passkey_is_registered() {
    let (recorded, server, user) = play("109-passkey_registration_options-ok").await;
    let challenge = user.passkeys().registration_options().await.unwrap();
    let request = last_request(&server).await;
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/passkeys/registration/options"));
    assert_eq!(Value::from(challenge.options.clone()), recorded.came()["options"]);
    let options: gotrue::types::CredentialOptions = challenge.options.into();
    assert_eq!(Value::from(options)["publicKey"], recorded.came()["options"]);

    let (recorded, server, user) = play("236-passkey_registration_verify-ok").await;
    let sent = recorded.sent();
    let challenge_id = sent["challenge_id"].as_str().unwrap().parse().unwrap();
    let passkey = user.passkeys().register(challenge_id, &sent["credential"]).await.unwrap();
    assert_eq!(passkey.friendly_name.as_deref(), Some("Passkey"));
    recorded.assert_repeated(&server).await;

    let assertion = Exchange::load("240-passkey_authentication_verify-ok").sent()["credential"].clone();
    let error = user.passkeys().register(challenge_id, assertion).await.unwrap_err();
    assert_eq!(error.to_string(), "credential is an assertion; expected a new one");
}

#[tokio::test]
async fn passkeys_are_listed_renamed_and_removed() {
    let (recorded, server, user) = play("237-passkey_list-one").await;
    assert_eq!(user.passkeys().list().await.unwrap()[0].id, uuid!("05c2d33b-f342-4945-9e67-31646bba62d1"));
    recorded.assert_repeated(&server).await;

    let (recorded, server, user) = play("238-passkey_update-ok").await;
    let passkey = user.passkeys().rename(last_id(&recorded), "laptop").await.unwrap();
    assert_eq!(passkey.friendly_name.as_deref(), Some("laptop"));
    recorded.assert_repeated(&server).await;

    let (recorded, server, user) = play("242-passkey_delete-ok").await;
    user.passkeys().delete(last_id(&recorded)).await.unwrap();
    recorded.assert_repeated(&server).await;
    let (recorded, _server, user) = play("115-passkey_delete-not-found").await;
    let error = user.passkeys().delete(last_id(&recorded)).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::ValidationFailed));
}

#[tokio::test]
async fn a_client_of_the_oauth_server_asks_for_consent() {
    let id = "nmo334o52jjgyr5lnthutsbum2crzyx6";
    let (recorded, server, user) = play("194-oauth_authorization_get-ok").await;
    let asked = user.oauth().authorization(id).await.unwrap();
    recorded.assert_repeated(&server).await;
    let OAuthAuthorizationResult::Authorization(asked) = asked else { panic!("{asked:?}") };
    assert_eq!((asked.client.name.as_deref(), asked.scope.as_deref()), (Some("Spa"), Some("openid email")));

    let (recorded, server, user) = play("196-oauth_authorization_consent-approve").await;
    let go_on = user.oauth().approve(id).await.unwrap();
    assert_eq!(go_on.redirect_url.expose(), recorded.came()["redirect_url"]);
    assert!(!format!("{go_on:?}").contains("54bbf348"));
    recorded.assert_repeated(&server).await;
    user.oauth().deny(id).await.unwrap();
    assert_eq!(body(&last_request(&server).await), json!({ "action": "deny" }));

    // A response that is already a redirect.
    let server = server_that_answers(recorded.reply()).await;
    let user = support::client_of(&server).user("t");
    let answer = user.oauth().authorization(id).await.unwrap();
    assert!(matches!(answer, OAuthAuthorizationResult::Redirect(_)), "{answer:?}");

    let (_, _server, user) = play("197-oauth_authorization_consent-again").await;
    assert_eq!(user.oauth().approve(id).await.unwrap_err().code(), Some(&ErrorCode::ValidationFailed));
}

#[tokio::test]
async fn consents_are_listed_and_revoked() {
    let (recorded, server, user) = play("202-user_oauth_grants-ok").await;
    let grants = user.oauth().grants().await.unwrap();
    assert_eq!(grants[0].scopes.as_deref(), Some(&["openid".to_owned(), "email".to_owned()][..]));
    recorded.assert_repeated(&server).await;

    let (recorded, server, user) = play("203-user_oauth_grant_revoke-ok").await;
    user.oauth().revoke(grants[0].client.id).await.unwrap();
    recorded.assert_repeated(&server).await;
}
