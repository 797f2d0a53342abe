//! Values of another type than usual, where the server or an administrator may have stored anything.

use gotrue::serde_json::{Value, json};
use support::{SERVICE_KEY, client_of, server_that_answers};
use wiremock::ResponseTemplate;

fn odd() -> [Value; 9] {
    [
        json!(null),
        json!(1),
        json!(-0.5),
        json!("yes"),
        json!(""),
        json!([]),
        json!([true]),
        json!({}),
        json!({ "enabled": true }),
    ]
}

#[tokio::test]
async fn settings_with_an_odd_provider_are_read() {
    for odd in odd() {
        let body = json!({ "external": { "github": true, "acme": odd, "email": false }, "disable_signup": true });
        let server = server_that_answers(ResponseTemplate::new(200).set_body_json(body)).await;
        let settings = client_of(&server).settings().await.unwrap();
        let enabled = ["github", "acme", "email", "unknown"].map(|method| settings.is_enabled(method));
        assert_eq!(enabled, [true, false, false, false]);
        assert_eq!((&settings.external["acme"], settings.disable_signup), (&odd, Some(true)));
    }
}

#[tokio::test]
async fn a_provider_with_an_odd_attribute_mapping_is_listed() {
    let in_keys = odd().into_iter().map(|odd| json!({ "keys": odd }));
    let in_attributes = odd().into_iter().map(|odd| json!({ "keys": { "email": odd } }));
    let in_names =
        odd().into_iter().map(|odd| json!({ "keys": { "email": { "name": odd, "names": odd, "array": odd } } }));
    for mapping in odd().into_iter().chain(in_keys).chain(in_attributes).chain(in_names) {
        let provider = |mapping: &Value| {
            json!({ "id": "4c7ff6f3-c42b-4426-a6b0-bd65e88e3896", "saml": {
                "entity_id": "https://idp.example.com", "attribute_mapping": mapping,
            } })
        };
        let body =
            json!({ "items": [provider(&mapping), provider(&json!({ "keys": { "email": { "name": "mail" } } }))] });
        let server = server_that_answers(ResponseTemplate::new(200).set_body_json(body)).await;
        let providers = client_of(&server).admin(SERVICE_KEY).sso_providers().list().get().await.unwrap();
        let mappings: Vec<_> = providers.into_iter().map(|provider| provider.saml.unwrap().attribute_mapping).collect();
        assert_eq!(mappings[0].clone().unwrap_or_default(), mapping);
        assert_eq!(mappings[1].as_ref().unwrap()["keys"]["email"]["name"], "mail");
    }
}
