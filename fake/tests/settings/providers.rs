//! Settings of single providers, and of ID tokens.

use gotrue::{Provider, reqwest::Method};
use serde_json::{Value, json};

use crate::{World, refusal, token};

impl World {
    /// Signs in with an ID token of a provider that has these claims too.
    async fn sign_in_with(&self, provider: Provider, claims: Value, nonce: Option<&str>) -> (u16, Value) {
        let id_token = self.server.id_token(provider.clone(), &claims).unwrap();
        let body = json!({ "provider": provider.as_str(), "id_token": id_token, "nonce": nonce });
        self.post("/token?grant_type=id_token", body).await
    }
}

#[tokio::test]
async fn id_tokens_are_for_the_client_ids_of_the_settings() {
    let settings =
        [("GOTRUE_EXTERNAL_GOOGLE_CLIENT_ID", "web,android"), ("GOTRUE_EXTERNAL_IOS_BUNDLE_ID", "com.example.app")];
    let world = World::with(&settings).await;
    let audience = |aud: &str| json!({ "aud": aud });
    assert_eq!(world.sign_in_with(Provider::Google, json!({}), None).await.0, 200);
    assert_eq!(world.sign_in_with(Provider::Google, audience("android"), None).await.0, 200);
    let refused = world.sign_in_with(Provider::Google, audience("other"), None).await;
    assert_eq!(refused.1["error_description"], "Unacceptable audience in id_token: [other]");
    assert_eq!(world.sign_in_with(Provider::Apple, audience("com.example.app"), None).await.0, 200);
    assert_eq!(world.sign_in_with(Provider::Google, audience("com.example.app"), None).await.0, 400);
}

#[tokio::test]
async fn the_check_of_nonces_is_skipped() {
    let skipped = World::with(&[("GOTRUE_EXTERNAL_GOOGLE_SKIP_NONCE_CHECK", "true")]).await;
    let checked = World::with(&[]).await;
    let nonce = json!({ "nonce": "hash" });
    assert_eq!(skipped.sign_in_with(Provider::Google, nonce.clone(), Some("other")).await.0, 200);
    assert_eq!(refusal(&checked.sign_in_with(Provider::Google, nonce, Some("other")).await), (400, "invalid nonce"));
}

#[tokio::test]
async fn an_email_address_may_be_optional() {
    let optional = World::with(&[("GOTRUE_EXTERNAL_GOOGLE_EMAIL_OPTIONAL", "true")]).await;
    let required = World::with(&[("GOTRUE_MAILER_AUTOCONFIRM", "false")]).await;
    let without = json!({ "email": null, "email_verified": false });
    let (status, session) = optional.sign_in_with(Provider::Google, without.clone(), None).await;
    assert_eq!((status, &session["user"]["email"]), (200, &json!("")), "{session}");
    let refused = required.sign_in_with(Provider::Google, without, None).await;
    assert_eq!(refusal(&refused), (422, "provider_email_needs_verification"));
}

#[tokio::test]
async fn other_issuers_are_accepted_by_name() {
    const ISSUER: &str = "https://id.example.com";
    let world = World::with(&[("GOTRUE_EXTERNAL_ALLOWED_ID_TOKEN_ISSUERS", ISSUER)]).await;
    let claims = json!({ "iss": ISSUER, "aud": "app", "sub": "ada" });
    let id_token = world.server.id_token(Provider::Google, &claims).unwrap();
    let body = |issuer: &str| json!({ "issuer": issuer, "client_id": "app", "id_token": id_token });
    let (status, session) = world.post("/token?grant_type=id_token", body(ISSUER)).await;
    assert_eq!((status, &session["user"]["app_metadata"]["provider"]), (200, &json!(ISSUER)), "{session}");
    let (status, refused) = world.post("/token?grant_type=id_token", body("https://other.example.com")).await;
    assert_eq!((status, &refused["msg"]), (400, &json!("Custom OIDC provider \"\" not allowed")));
}

#[tokio::test]
async fn a_first_password_adds_the_email_identity() {
    for (settings, expected) in [
        (&[][..], json!(["google"])),
        (
            &[("GOTRUE_EXPERIMENTAL_CREATE_EMAIL_IDENTITY_ON_PASSWORD_SET_ENABLED", "true")][..],
            json!(["google", "email"]),
        ),
    ] {
        let world = World::with(settings).await;
        let (_, session) = world.sign_in_with(Provider::Google, json!({ "email": "ada@example.com" }), None).await;
        let change = json!({ "password": "correct-horse-7" });
        let (status, _) = world.send(Method::PUT, "/user", token(&session), change).await;
        let (_, user) = world.send(Method::GET, "/user", token(&session), json!({})).await;
        assert_eq!((status, &user["app_metadata"]["providers"]), (200, &expected), "{user}");
    }
}

#[tokio::test]
async fn saml_has_a_url_of_its_own() {
    let world = World::with(&[("GOTRUE_SAML_EXTERNAL_URL", "https://saml.example.com")]).await;
    let url = world.server.url() + "/sso/saml/metadata";
    let metadata = gotrue::reqwest::get(url).await.unwrap().text().await.unwrap();
    assert!(metadata.contains("entityID=\"https://saml.example.com/sso/saml/metadata\""), "{metadata}");
}
