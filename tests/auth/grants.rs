//! Grants, and the requests that they send.

use gotrue::{
    Anonymous, Client, ErrorCode, IdToken, PasskeyAssertion, PkceVerifier, Provider, Sso, Web3,
    auth::{EthereumMessage, SolanaMessage, SolanaNetwork},
    chrono::{DateTime, Utc},
    uuid::Uuid,
};
use serde_json::{Value, json};
use support::{body, client_of, exchange::Exchange, header, last_request, query, server_that_answers, session};
use wiremock::{MockServer, ResponseTemplate};

const ETHEREUM_ADDRESS: &str = "0x196a28d05bA75C8dC35B0F6e71DD622D1aC82b7E";
const SOLANA_ADDRESS: &str = "8YhmTcUVqenLWL2zLTBP4EYC3DkqR75auxxaqX7hfzwt";

async fn server_of_sessions() -> (MockServer, Client) {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(session())).await;
    let client = client_of(&server);
    (server, client)
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn id(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_anonymous_user_signs_up() {
    let recorded = Exchange::load("018-signup-anonymous");
    let (server, client) = recorded.play().await;
    let session = client.sign_in(Anonymous::new().data(json!({ "guest": true }))).await.unwrap();
    assert_eq!(session.user().is_anonymous, Some(true));
    recorded.assert_repeated(&server).await;

    let recorded = Exchange::load("019-signup-anonymous-empty-body");
    let (server, client) = recorded.play().await;
    client.sign_in(Anonymous::new()).await.unwrap();
    assert_eq!(body(&last_request(&server).await), json!({}));

    client.sign_in(Anonymous::new().captcha_token("from-the-widget").audience("guests")).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(body(&request), json!({ "gotrue_meta_security": { "captcha_token": "from-the-widget" } }));
    assert_eq!(header(&request, "x-jwt-aud"), Some("guests"));
}

#[tokio::test]
async fn a_user_instead_of_a_session_is_an_error() {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(support::user())).await;
    let error = client_of(&server).sign_in(Anonymous::new()).await.unwrap_err();
    assert!(matches!(error, gotrue::Error::UnreadableResponse(_)), "{error:?}");
    assert!(!error.is_retryable() && !error.ends_session());
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    assert!(error.to_string().starts_with("sign_up: the response cannot be read"), "{error}");
}

#[tokio::test]
async fn an_id_token_signs_in() {
    let recorded = Exchange::load("225-token_id_token-ok");
    let (server, client) = recorded.play().await;
    let sent = recorded.sent();
    let id_token = IdToken::new(Provider::Keycloak, sent["id_token"].as_str().unwrap());
    let session = client.sign_in(id_token.nonce(sent["nonce"].as_str().unwrap())).await.unwrap();
    assert_eq!(session.user().email.as_deref(), Some("ida@idp.example.com"));
    recorded.assert_repeated(&server).await;

    let recorded = Exchange::load("038-token_id_token-provider-disabled");
    let (_server, client) = recorded.play().await;
    let error = client.sign_in(IdToken::new("google", "x.y.z")).await.unwrap_err();
    assert_eq!(error.status().map(|status| u64::from(status.as_u16())), recorded.response["status"].as_u64());
}

#[tokio::test]
async fn an_id_token_of_another_issuer_sends_all_options() {
    let (server, client) = server_of_sessions().await;
    let id_token = IdToken::issuer("https://idp.example.com", "my-client", "x.y.z")
        .nonce("n")
        .access_token("at")
        .audience("staff");
    client.sign_in(id_token).await.unwrap();
    let request = last_request(&server).await;
    assert_eq!(query(&request), json!({ "grant_type": "id_token" }));
    assert_eq!(header(&request, "x-jwt-aud"), Some("staff"));
    let sent = json!({
        "id_token": "x.y.z",
        "issuer": "https://idp.example.com",
        "client_id": "my-client",
        "nonce": "n",
        "access_token": "at",
    });
    assert_eq!(body(&request), sent);
}

#[tokio::test]
async fn a_solana_wallet_signs_in() {
    use base64::{Engine, engine::general_purpose::STANDARD};

    let recorded = Exchange::load("233-token_web3-solana");
    let (server, client) = recorded.play().await;
    let message = SolanaMessage::new(SOLANA_ADDRESS, "http://localhost:3000/cb", moment("2026-11-24T00:25:40Z"))
        .statement("Sign in please")
        .network(SolanaNetwork::Mainnet)
        .nonce("abcd1234")
        .build()
        .unwrap();
    assert_eq!(message, recorded.sent()["message"]);
    let signature = STANDARD.decode(recorded.sent()["signature"].as_str().unwrap()).unwrap();
    let session = client.sign_in(Web3::solana(message, signature)).await.unwrap();
    assert_eq!(session.user().app_metadata.as_ref().unwrap()["provider"], "web3");
    recorded.assert_repeated(&server).await;
}

#[test]
fn a_solana_message_has_all_fields() {
    let message =
        SolanaMessage::new(SOLANA_ADDRESS, "https://app.example.com:8443/x?y#z", moment("2025-01-01T00:00:00.5Z"))
            .network(SolanaNetwork::Devnet)
            .not_before(moment("2025-01-01T00:00:01Z"))
            .expires_at(moment("2025-01-01T00:10:00Z"))
            .request_id("abcdef")
            .resource("https://app.example.com/terms")
            .resource("ipfs://bafy/")
            .build()
            .unwrap();
    let lines = [
        "app.example.com:8443 wants you to sign in with your Solana account:",
        SOLANA_ADDRESS,
        "",
        "Version: 1",
        "URI: https://app.example.com:8443/x?y#z",
        "Issued At: 2025-01-01T00:00:00.500Z",
        "Not Before: 2025-01-01T00:00:01Z",
        "Expiration Time: 2025-01-01T00:10:00Z",
        "Chain ID: solana:devnet",
        "Request ID: abcdef",
        "Resources:",
        "- https://app.example.com/terms",
        "- ipfs://bafy/",
    ];
    assert_eq!(message, lines.join("\n"));
}

#[test]
fn an_ethereum_message_follows_eip_4361() {
    let message = || EthereumMessage::new(ETHEREUM_ADDRESS, "https://example.com", moment("2025-01-01T00:00:00Z"));
    let head = format!("example.com wants you to sign in with your Ethereum account:\n{ETHEREUM_ADDRESS}\n\n");
    let full = message()
        .statement("Sign in to Example App")
        .chain_id(137)
        .nonce("12345678")
        .expires_at(moment("2025-01-01T00:10:00Z"))
        .not_before(moment("2025-01-01T00:00:01Z"))
        .request_id("abcdef")
        .resource("https://example.com/terms")
        .build()
        .unwrap();
    let lines = [
        "Sign in to Example App",
        "",
        "URI: https://example.com",
        "Version: 1",
        "Chain ID: 137",
        "Nonce: 12345678",
        "Issued At: 2025-01-01T00:00:00Z",
        "Expiration Time: 2025-01-01T00:10:00Z",
        "Not Before: 2025-01-01T00:00:01Z",
        "Request ID: abcdef",
        "Resources:",
        "- https://example.com/terms",
    ];
    assert_eq!(full, head.clone() + &lines.join("\n"));

    // Without a statement, there are two empty lines. The nonce is random.
    let [one, two] = [message().build().unwrap(), message().build().unwrap()];
    assert!(one.starts_with(&(head + "\nURI: https://example.com\nVersion: 1\nChain ID: 1\nNonce: ")), "{one}");
    assert_ne!(one, two);
    let nonce = one.lines().find_map(|line| line.strip_prefix("Nonce: ")).unwrap();
    assert!(nonce.len() == 16 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

#[tokio::test]
async fn an_ethereum_wallet_signs_in() {
    let (server, client) = server_of_sessions().await;
    // The message and the signature are from the server's tests.
    let message = format!(
        "example.com wants you to sign in with your Ethereum account:\n{ETHEREUM_ADDRESS}\n\nSign in to Example \
         App\n\nURI: https://example.com\nVersion: 1\nChain ID: 1\nNonce: 12345678\nIssued At: 2025-01-01T00:00:00.000Z"
    );
    let signature = "0xee337880f195524c156b8cc5f425ffcedb9d94638a91fa41ba72e26d93f04c9d1c7bca7020071c34ef7527ed6389ee24\
                     b59de79deab4e9e8251e6ca1e195a56a1b";
    for given in [signature, signature.strip_prefix("0x").unwrap()] {
        client.sign_in(Web3::ethereum(&message, given).captcha_token("c").audience("a")).await.unwrap();
        let request = last_request(&server).await;
        assert_eq!(query(&request), json!({ "grant_type": "web3" }));
        assert_eq!(header(&request, "x-jwt-aud"), Some("a"));
        let sent = json!({
            "chain": "ethereum",
            "message": message,
            "signature": signature,
            "gotrue_meta_security": { "captcha_token": "c" },
        });
        assert_eq!(body(&request), sent);
    }
}

#[tokio::test]
async fn a_passkey_signs_in() {
    let recorded = Exchange::load("239-passkey_authentication_options-for-key");
    let (server, client) = recorded.play().await;
    let challenge = client.passkey_options().await.unwrap();
    recorded.assert_repeated(&server).await;
    assert_eq!(Value::from(challenge.options.clone()), recorded.came()["options"]);
    let options: gotrue::types::CredentialOptions = challenge.options.into();
    assert_eq!(Value::from(options), json!({ "publicKey": recorded.came()["options"] }));
    client.passkey_options_with_captcha("from-the-widget").await.unwrap();
    let sent = json!({ "gotrue_meta_security": { "captcha_token": "from-the-widget" } });
    assert_eq!(body(&last_request(&server).await), sent);

    let recorded = Exchange::load("240-passkey_authentication_verify-ok");
    let (server, client) = recorded.play().await;
    let (challenge_id, credential) = (id(&recorded.sent()["challenge_id"]), &recorded.sent()["credential"]);
    assert_eq!(challenge_id, challenge.challenge_id);
    // As JSON, as text, typed, and with lists of bytes as some crates return them.
    client.sign_in(PasskeyAssertion::new(challenge_id, credential)).await.unwrap();
    recorded.assert_repeated(&server).await;
    client.sign_in(PasskeyAssertion::new(challenge_id, credential.to_string())).await.unwrap();
    recorded.assert_repeated(&server).await;
    let typed = gotrue::types::PublicKeyCredential::try_from(credential.clone()).unwrap();
    assert_eq!(Value::from(typed.clone()), *credential);
    client.sign_in(PasskeyAssertion::new(challenge_id, typed)).await.unwrap();
    recorded.assert_repeated(&server).await;
    client.sign_in(PasskeyAssertion::new(challenge_id, with_bytes(credential))).await.unwrap();
    recorded.assert_repeated(&server).await;
}

/// The same credential, with its binary values as lists of numbers.
fn with_bytes(credential: &Value) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    let bytes = |value: &Value| json!(URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap());
    let mut credential = credential.clone();
    credential["rawId"] = bytes(&credential["rawId"]);
    for value in credential["response"].as_object_mut().unwrap().values_mut() {
        *value = bytes(value);
    }
    credential
}

#[tokio::test]
async fn sso_starts_at_the_identity_provider_of_the_company() {
    let recorded = Exchange::load("165-sso-url");
    let (server, client) = recorded.play().await;
    let acme = Sso::domain("5615942f.example").redirect_to("http://localhost:3000/cb");
    let url = client.sso(acme.clone()).url().await.unwrap();
    assert_eq!(url.as_str(), recorded.came()["url"]);
    recorded.assert_repeated(&server).await;

    let (_, verifier) = client.sso(acme.clone()).pkce().await.unwrap();
    let mut sent = recorded.sent().clone();
    sent["code_challenge"] = json!(verifier.challenge());
    sent["code_challenge_method"] = json!("s256");
    assert_eq!(body(&last_request(&server).await), sent);
    let kept = PkceVerifier::from_secret(verifier.secret()).unwrap();
    client.sso(acme).pkce_with(&kept).await.unwrap();
    assert_eq!(body(&last_request(&server).await), sent);

    let provider = Uuid::from_u128(7);
    client.sso(Sso::provider_id(provider).captcha_token("c")).url().await.unwrap();
    let sent = json!({
        "provider_id": provider,
        "skip_http_redirect": true,
        "gotrue_meta_security": { "captcha_token": "c" },
    });
    assert_eq!(body(&last_request(&server).await), sent);

    let (_server, client) = Exchange::load("116-sso-unknown-domain").play().await;
    let error = client.sso(Sso::domain("nowhere.example")).url().await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::SsoProviderNotFound));
}
