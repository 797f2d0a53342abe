//! Identities on the fake server, where each provider has one user.

use gotrue::{
    Anonymous, AuthorizationCode, Client, Error, IdToken, PkceVerifier, Provider, Session, SignUp, reqwest, url::Url,
};
use gotrue_fake::FakeServer;
use serde_json::json;

const EMAIL: &str = "ada@example.com";

#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().code().expect("a code").to_string()
}

async fn signed_up(client: &Client) -> Session {
    client.sign_up(SignUp::email(EMAIL, "correct-horse-7")).await.unwrap().session().expect("a session")
}

/// Opens a URL and follows redirects to the end.
async fn browse(url: Url) -> Url {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut url = url;
    while url.host_str() == Some("127.0.0.1") {
        let reply = http.get(url).send().await.unwrap();
        url = Url::parse(reply.headers()["location"].to_str().unwrap()).unwrap();
    }
    url
}

fn names(session: &Session) -> Vec<&str> {
    session.user().identities.iter().flatten().map(|identity| identity.provider.as_str()).collect()
}

#[tokio::test]
async fn a_provider_is_linked_by_url() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let ada = signed_up(&client).await;
    let identities = client.user(ada.access_token()).identities();
    let verifier = PkceVerifier::generate().unwrap();
    let back = browse(identities.link(Provider::Github).pkce_with(&verifier).await.unwrap()).await;
    let (_, auth_code) = back.query_pairs().find(|(name, _)| name == "code").unwrap();
    let session = client.sign_in(AuthorizationCode::new(auth_code.into_owned(), verifier)).await.unwrap();
    assert_eq!((session.user().id, names(&session)), (ada.user().id, vec!["email", "github"]));
    assert_eq!(session.user().app_metadata.as_ref().unwrap()["providers"], json!(["email", "github"]));

    // The provider now signs her in, so the first identity can be unlinked.
    let back = browse(client.authorize(Provider::Github).url().unwrap()).await;
    assert!(back.fragment().unwrap().starts_with("access_token="));
    let email = session.user().identities.as_ref().unwrap()[0].identity_id.unwrap();
    identities.unlink(email).await.unwrap();
    let left = client.user(ada.access_token()).get().await.unwrap();
    // Her email address is that of the remaining identity.
    assert_eq!(left.email.as_deref(), Some("github-user@example.com"));
}

#[tokio::test]
async fn a_provider_is_linked_by_id_token() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let anonymous = client.sign_in(Anonymous::new()).await.unwrap();
    let identities = client.user(anonymous.access_token()).identities();
    let id_token = server.id_token(Provider::Apple, &json!({ "email": EMAIL, "sub": "ada" })).unwrap();
    let link = || IdToken::new(Provider::Apple, &id_token);
    let linked = identities.link_id_token(link()).await.unwrap();
    // The server returns the identities before the change.
    assert_eq!((linked.user().id, names(&linked)), (anonymous.user().id, Vec::<&str>::new()));
    let user = client.user(linked.access_token()).get().await.unwrap();
    assert_eq!(user.identities.unwrap().iter().map(|identity| &*identity.provider).collect::<Vec<_>>(), ["apple"]);
    assert_eq!((linked.user().email.as_deref(), linked.user().is_anonymous), (Some(EMAIL), Some(false)));
    assert_eq!(code(identities.link_id_token(link()).await), "identity_already_exists");
    let signed_in = client.sign_in(link()).await.unwrap();
    assert_eq!(signed_in.user().id, anonymous.user().id);
}

#[tokio::test]
async fn the_same_verified_address_is_the_same_user() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let ada = signed_up(&client).await;
    let id_token = server.id_token(Provider::Google, &json!({ "email": EMAIL })).unwrap();
    let session = client.sign_in(IdToken::new(Provider::Google, id_token)).await.unwrap();
    assert_eq!((session.user().id, names(&session)), (ada.user().id, vec!["email", "google"]));
}

#[tokio::test]
async fn an_unverified_address_must_be_confirmed_first() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    let claims = json!({ "email": EMAIL, "email_verified": false });
    let id_token = server.id_token(Provider::Google, &claims).unwrap();
    let sign_in = || IdToken::new(Provider::Google, &id_token);
    assert_eq!(code(client.sign_in(sign_in()).await), "provider_email_needs_verification");
    let link = server.last_message_to(EMAIL).unwrap().link.unwrap();
    browse(Url::parse(link.expose()).unwrap()).await;
    client.sign_in(sign_in()).await.unwrap();
}

#[tokio::test]
async fn an_id_token_is_verified() {
    let server = FakeServer::builder().without_provider(Provider::Kakao).start().await;
    let client = server.client().unwrap();
    let bad = [json!({ "iss": "https://evil.example.com" }), json!({ "exp": 0 }), json!({ "aud": "another" })];
    for claims in bad {
        let id_token = server.id_token(Provider::Google, &claims).unwrap();
        let error = client.sign_in(IdToken::new(Provider::Google, id_token)).await.unwrap_err();
        assert!(error.api().unwrap().message().contains("ID token") || claims.get("aud").is_some(), "{error}");
    }
    let with_hash = server.id_token(Provider::Google, &json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" })).unwrap();
    let sign_in = |token| IdToken::new(Provider::Google, &with_hash).access_token(token);
    client.sign_in(sign_in("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")).await.unwrap();
    assert!(client.sign_in(sign_in("another")).await.is_err());

    // These providers have no ID tokens.
    assert!(server.id_token(Provider::Github, &json!({})).is_none());
    assert!(server.id_token(Provider::Kakao, &json!({})).is_none());
    let off = client.sign_in(IdToken::new(Provider::Kakao, "x.y.z")).await;
    assert_eq!(code(off), "provider_disabled");
    assert_eq!(client.settings().await.unwrap().external["kakao"], false);
}
