//! An ID token is not an access token (RFC 8725, section 3.12).

use gotrue::{Secret, error::TokenError, jwt::JwtVerifier};
use serde_json::{Value, json};

use crate::{
    key_server::KeyServer,
    recorded::exchanges,
    refusal,
    signer::{SUB, Signer, claims_with},
};

const CLIENT_ID: &str = "495a8cfc-297a-4b71-93bf-9799cc4a93ce";

/// ID tokens as the server signs them, by the scopes that were granted.
fn id_tokens() -> Vec<Value> {
    let openid = json!({
        "sub": SUB, "aud": CLIENT_ID, "exp": 1_767_229_200, "iat": 1_767_225_600, "auth_time": 1_767_225_600,
        "email_verified": false, "phone_number_verified": false, "client_id": CLIENT_ID,
    });
    let with = |changes: Value| {
        let mut claims = openid.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims
    };
    vec![
        openid.clone(),
        with(json!({ "email": "ada@example.com", "email_verified": true })),
        with(json!({ "name": "Ada", "picture": "https://example.com/ada.png", "nonce": "n-0S6_WzA2Mj" })),
        with(json!({ "iss": "https://auth.example.com" })),
        with(json!({ "client_id": null })),
        with(json!({ "aud": [CLIENT_ID] })),
        with(json!({ "aud": ["authenticated", CLIENT_ID] })),
        with(json!({ "aud": CLIENT_ID.to_uppercase() })),
        with(json!({ "aud": "an-old-client", "client_id": "an-old-client" })),
        // Whatever else it states.
        with(json!({ "role": "authenticated", "aal": "aal1", "session_id": "e54277a4-f9af-4bfa-9326-e2f08acdb314" })),
        claims_with(&json!({ "aud": CLIENT_ID })),
    ]
}

#[tokio::test]
async fn an_id_token_is_refused_by_default() {
    for signer in [Signer::ec("one"), Signer::rsa("one"), Signer::ed("one")] {
        let server = KeyServer::start(&[&signer]).await;
        for claims in id_tokens() {
            let token = signer.sign(&claims);
            assert_eq!(refusal(server.verifier().verify(&token).await), TokenError::WrongAudience, "{claims}");
        }
    }
}

#[tokio::test]
async fn an_id_token_is_for_its_own_client_only() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    let verifier = |audience: &str| -> JwtVerifier { server.verifier().audience(audience) };
    let token = signer.sign(&id_tokens()[0]);
    assert_eq!(refusal(verifier("authenticated").verify(&token).await), TokenError::WrongAudience);
    let other = "e54277a4-f9af-4bfa-9326-e2f08acdb314";
    assert_eq!(refusal(verifier(other).verify(&token).await), TokenError::WrongAudience);
    // A client that verifies its own ID token says so.
    verifier(CLIENT_ID).verify(&token).await.unwrap();
}

#[tokio::test]
async fn access_tokens_of_oauth_clients_are_accepted() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    for changes in [
        json!({ "client_id": CLIENT_ID, "scope": "openid email" }),
        json!({ "client_id": CLIENT_ID, "aud": ["authenticated", "https://api.example.com"] }),
        json!({ "client_id": CLIENT_ID, "aud": "https://api.example.com" }),
        // Other and older servers.
        json!({ "aud": "" }),
        json!({ "aud": null }),
        json!({ "aud": "staff" }),
        // Claims that an auth hook has added.
        json!({ "auth_time": 1_767_225_600, "nonce": "n-0S6_WzA2Mj", "email_verified": true }),
    ] {
        let token = signer.sign(&claims_with(&changes));
        server.verifier().verify(&token).await.unwrap_or_else(|error| panic!("{changes}: {error}"));
    }
}

#[tokio::test]
async fn the_tokens_of_a_recorded_authorization() {
    let all = exchanges("recorded");
    let response = |name: &str| &all.iter().find(|exchange| exchange["name"] == name).unwrap()["response"]["json"];
    let server = KeyServer::publishing(response("es256")["keys"].as_array().unwrap()).await;
    let issued = response("authorization-code");
    let token = |name: &str| Secret::from(issued[name].as_str().unwrap());
    let (access_token, id_token) = (token("access_token"), token("id_token"));
    server.clock.set(gotrue::Claims::read_unverified(&access_token).unwrap().iat.unwrap());
    server.verifier().verify(&access_token).await.unwrap();
    assert_eq!(refusal(server.verifier().verify(&id_token).await), TokenError::WrongAudience);
}
