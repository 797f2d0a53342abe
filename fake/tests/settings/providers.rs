//! Settings of single providers, and of ID tokens.

use std::time::Duration;

use gotrue::{
    Provider,
    reqwest::{self, Method},
    url::Url,
};
use gotrue_fake::FakeServer;
use serde_json::{Value, json};

use crate::{World, refusal, token};

/// A throw-away RSA key (PKCS #1).
const SAML_KEY: &str = "\
    MIIEowIBAAKCAQEAq2NESdvAwW7cKdqrO1FHeKobNuazO/pEA0Hc9srxuXCJYXGunsIr9KuaFJeS8uJgq1Tfuwi57KdEU6rG6KmB\
    XXu+0/awLH+47ozn8tOX9GDpYhgyFuCTp+VdtS0CQe3gVEGxOPO4T569UFi1gLUIxy534ZUsnN4tE4Ese1oG9BJs0Nn7OmtGMuc3\
    4Qvt8dW5CBN5v983UHDWJQEdX2peEKNm7wXcyIHLG9bpc30n+Gq1OKyDjFlt5zhAlo4beHdHT6ubSZakiE/1D3T0SAyK2ZnSNvJ+\
    CWM0n4sr/Q20mXuphHioWdg5Tn3KcQu7CZbAzIXp0jUp4S/KH3RXgyqmbQIDAQABAoIBABZ9zfHlYVvhKQpjFHKR3Y/DvxOK3f2i\
    f7dvtsg6ZNOBpb3AdfqGn88Zj/xg0duHAsmpNz0rzX51iv1x3W2eBQiYGzhk2MTWNBY2LqBKzVe4Ohhx9WzUJvxzGMOUdwXg6j4U\
    auX+8fKc8dov8g3EdDTzb68ObQ7fB0pWethrPZtc8kRbksz5Ig+ydMHx9KVfgYrh9KLhpdLuxk0PB2E3al+E5wudAs+Gg2GpVkZH\
    eMPd+Plcg/hNTXS3r8gi203QHgjAmBFEIIWRQ2W0RHw9bMqh2HA9zii8wP/F9zG0C7Ybx79ZXORxIKCRfiDSZYxtQAmRgtUEXhDj\
    NqL96HepPQECgYEA7CP/xmODr7X0kkcOzAwo0pkk0it2Xe94GIWmkWGuSjWtw5vi0/KAyl735YvGpOa1HWbBKXiT9yFHgHxwn+vD\
    w8BNPl+GHueB1XajRPY/UYTlAG22rTjxdxzuZEqEnIfhIkpJ3agZ6c/He/mhXCO12gMcp721ALbBPKIRQrbPS4ECgYEAuc0q9MCk\
    UPmuN4QW+zEkTsuT/Nk0Xbb6Cx9Z8D/o8lsfWktKurb6eNojpFqOfZyp2u6GRcR/RMvFMDR39RAmIZ6t4y09bgxECpVU4u7c9EXR\
    w7gcchGW0kGPfZsDctHgH++4d0RPJf7o0/TRVYq6HivYTVSnmQ/2OV2j/JEhwO0CgYBAKVvi/MEYKhlk8Xe8y4UAC+psTLDhvyJj\
    j1T95Yuk0EcBgka0jgyecAVtUnhL7//AGF5dtUyG9nzmFWnImhfcBVE3pF7d4MtvQ8gDAeGcdb5/SlA7auB5G9xOVc0Idwcd+Q9u\
    8bDwzasHLYHBdlaAAR51GV+n7QA+SE7mUKOsgQKBgEPTdb7rJBC7VLHHcmw4QDzTbC59S/R5+0VcKITfj7YJNaTMn3cRnNXJLAGv\
    XRzVt9vH/xQw6xS+Hjm+rZu0TXcwaeHofehSafRDFz3QXLB/XFfKOfgaG6idbjg4AkZD/0EpTXmcYhhIuc3GLTTA87hX4Ro5sQTb\
    ItNGL7rfcCbxAoGBAKbU2eb44CiT/YrkB4ndFoUOxFU55Nz17XbvLNxNvvdWfd1NVcye74Z8VssV4342QTRKfaHj0dJfBlUuhlcq\
    IyyU/1VAuFJO0i68ZwpYSkx4xwaGNxN0rcrvzyPmLY8evtjm4gpVzHycaY/v62DcNTHfV3IibZz0z4RbY6NBzSHY";

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

/// The certificate has the public key of the setting, so that identity providers keep trusting the server.
#[tokio::test]
async fn saml_metadata_has_the_certificate_of_the_key() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let certificate = async |settings: &[(&str, &str)]| {
        let world = World::with(settings).await;
        let url = world.server.url() + "/sso/saml/metadata";
        let metadata = gotrue::reqwest::get(url).await.unwrap().text().await.unwrap();
        let (_, rest) = metadata.split_once("<X509Certificate xmlns=\"http://www.w3.org/2000/09/xmldsig#\">").unwrap();
        STANDARD.decode(rest.split_once("</X509Certificate>").unwrap().0).unwrap()
    };
    let contains = |whole: &[u8], part: &[u8]| whole.windows(part.len()).any(|window| window == part);
    // The modulus is at the same place in every such key.
    let key = STANDARD.decode(SAML_KEY).unwrap();
    let modulus = &key[12..12 + 256];
    let own = certificate(&[("GOTRUE_SAML_PRIVATE_KEY", SAML_KEY)]).await;
    assert!(contains(&own, modulus) && contains(&own, b"SAML 2.0 Certificate for 127.0.0.1"));
    assert!(contains(&own, b"_samlsp.127.0.0.1") && contains(&own, b"700101000000Z"));
    assert_eq!(certificate(&[("GOTRUE_SAML_PRIVATE_KEY", SAML_KEY)]).await, own);
    let other = certificate(&[]).await;
    assert!(!contains(&other, modulus) && contains(&other, b"SAML 2.0 Certificate for 127.0.0.1"));
    let error = FakeServer::builder().variables([("GOTRUE_SAML_PRIVATE_KEY", "AAAA")]).unwrap_err().to_string();
    let why = "expected an RSA key of at least 2048 bits in the format PKCS #1";
    assert_eq!(error, format!("GOTRUE_SAML_PRIVATE_KEY: {why}"));
}

#[tokio::test]
async fn saml_metadata_announces_encryption_and_the_next_key() {
    let encrypted = ("GOTRUE_SAML_ALLOW_ENCRYPTED_ASSERTIONS", "true");
    let next = ("GOTRUE_SAML_PRIVATE_KEY_NEXT", SAML_KEY);
    for (kind, settings, uses, max_age) in [
        ("neither", &[][..], &["signing"][..], 600),
        ("encryption", &[encrypted], &["encryption", "signing"], 600),
        ("a next key", &[next], &["signing", "signing"], 60),
        ("both", &[encrypted, next], &["encryption", "signing", "signing", "encryption"], 60),
    ] {
        let world = World::with(settings).await;
        let response = gotrue::reqwest::get(world.server.url() + "/sso/saml/metadata?download=true").await.unwrap();
        assert_eq!(response.headers()["cache-control"], format!("public, max-age={max_age}"), "{kind}");
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"metadata.xml\"", "{kind}");
        let metadata = response.text().await.unwrap();
        let keys: Vec<&str> = metadata.split("<KeyDescriptor use=\"").skip(1).collect();
        let found: Vec<&str> = keys.iter().map(|key| key.split('"').next().unwrap()).collect();
        assert_eq!(found, uses, "{kind}");
        let certificates: Vec<&str> = keys.iter().map(|key| key.split("X509Certificate").nth(1).unwrap()).collect();
        // The keys for both purposes are the same, and the next one is another.
        assert_eq!(certificates.first() == certificates.last(), settings.iter().all(|set| set.0 != next.0), "{kind}");
        let is_next = world.get("/settings").await["saml_private_key_next_configured"].clone();
        assert_eq!(is_next, settings.contains(&next), "{kind}");
    }
}

#[tokio::test]
async fn a_saml_provider_may_take_a_while() {
    let metadata = r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">
        <IDPSSODescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
        Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>"#;
    let name = "GOTRUE_SAML_RELAY_STATE_VALIDITY_PERIOD";
    for (variables, seconds) in [(&[][..], 120), (&[(name, "0")], 120), (&[(name, "5m")], 300)] {
        let world = World::with(variables).await;
        let body = json!({ "type": "saml", "metadata_xml": metadata, "domains": ["example.com"] });
        let key = world.server.service_key();
        assert_eq!(world.send(Method::POST, "/admin/sso/providers", key.expose(), body).await.0, 201);
        for (wait, code) in [(seconds - 1, "validation_failed"), (seconds, "saml_relay_state_expired")] {
            let body = json!({ "domain": "example.com", "skip_http_redirect": true });
            let (_, reply) = world.send(Method::POST, "/sso", "", body).await;
            let url = Url::parse(reply["url"].as_str().unwrap()).unwrap();
            let relay_state = url.query_pairs().find(|(name, _)| name == "RelayState").unwrap().1.into_owned();
            world.clock.advance(Duration::from_secs(wait));
            let form = [("RelayState", relay_state.as_str()), ("SAMLResponse", "PHgvPg==")];
            let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
            let url = world.server.url() + "/sso/saml/acs";
            let refused = client.post(url).form(&form).send().await.unwrap();
            let target = refused.headers()["location"].to_str().unwrap();
            assert!(target.contains(&format!("error_code={code}")), "{wait}: {target}");
        }
    }
    let error = FakeServer::builder().variables([(name, "-1s")]).unwrap_err().to_string();
    assert!(error.contains(name) && error.contains("not negative"), "{error}");
}
