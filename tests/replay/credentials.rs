//! Each operation is sent with the credential that it takes, and no other, whichever client calls it.

use std::collections::BTreeSet;

use gotrue::{
    Client, Secret,
    raw::{self, Credential, OPERATIONS},
    uuid::Uuid,
};
use support::exchange::Exchange;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use crate::{of_all_operations, operation};

const API_KEY: &str = "anon-key";
const SERVICE_KEY: &str = "service-key";
const ACCESS_TOKEN: &str = "access-token";

/// The expected credentials, independent of the `security` of the document.
fn expected_credential(id: &str) -> Credential {
    match id {
        "token" => Credential::OptionalUser,
        "oauth_token" => Credential::OAuthClient,
        "invite" => Credential::Admin,
        _ if id.starts_with("admin_") => Credential::Admin,
        "get_user"
        | "update_user"
        | "reauthenticate"
        | "sign_out"
        | "authorize_identity"
        | "unlink_identity"
        | "enroll_factor"
        | "challenge_factor"
        | "verify_factor"
        | "unenroll_factor"
        | "get_recovery_codes"
        | "generate_recovery_codes"
        | "regenerate_recovery_codes"
        | "verify_recovery_code"
        | "delete_recovery_codes"
        | "passkey_registration_options"
        | "passkey_registration_verify"
        | "list_passkeys"
        | "update_passkey"
        | "delete_passkey"
        | "oauth_authorization"
        | "oauth_consent"
        | "oauth_userinfo"
        | "list_oauth_grants"
        | "revoke_oauth_grant" => Credential::User,
        _ => Credential::None,
    }
}

#[test]
fn the_table_of_credentials_is_correct() {
    assert_eq!(OPERATIONS.len(), 81);
    for operation in OPERATIONS {
        assert_eq!(operation.credential, expected_credential(operation.id), "{}", operation.id);
    }
}

/// The clients that provide a raw client.
async fn callers(client: &Client) -> [(Caller, raw::Client); 4] {
    [
        (Caller::Anybody, client.raw()),
        (Caller::User, client.user(ACCESS_TOKEN).raw().await.unwrap()),
        (Caller::Admin, client.admin(SERVICE_KEY).raw().unwrap()),
        (Caller::OAuthApp, client.oauth_app(Uuid::nil(), Secret::from("secret")).raw().unwrap()),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Caller {
    Anybody,
    User,
    Admin,
    OAuthApp,
}

/// The headers `apikey` and `Authorization` of a call.
fn expected_headers(caller: Caller, credential: Credential) -> (&'static str, Option<&'static str>) {
    let api_key = if caller == Caller::Admin { SERVICE_KEY } else { API_KEY };
    let of_api_key = if caller == Caller::Admin { "Bearer service-key" } else { "Bearer anon-key" };
    let authorization = match (credential, caller) {
        (Credential::User | Credential::OptionalUser, Caller::User) => Some("Bearer access-token"),
        // The nil ID and the secret, with HTTP Basic.
        (Credential::OAuthClient, Caller::OAuthApp) => {
            Some("Basic MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOnNlY3JldA==")
        }
        (Credential::OAuthClient, _) => None,
        _ => Some(of_api_key),
    };
    (api_key, authorization)
}

#[tokio::test]
async fn each_operation_is_sent_with_its_credential_and_no_other() {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let client = Client::builder().base_url(server.uri()).api_key(API_KEY).retries(0).build().unwrap();
    let mut called = BTreeSet::new();
    for exchange in of_all_operations() {
        let operation = exchange.operation().unwrap();
        if called.insert(operation.id) && !call_with_every_client(&client, &server, &exchange).await {
            called.remove(operation.id);
        }
    }
    let missed: Vec<_> = OPERATIONS.iter().map(|operation| operation.id).filter(|id| !called.contains(id)).collect();
    assert!(missed.is_empty(), "{missed:?} were not called");
}

async fn call_with_every_client(client: &Client, server: &MockServer, exchange: &Exchange) -> bool {
    let operation = exchange.operation().unwrap();
    for (caller, raw) in callers(client).await {
        if operation::call(&raw, exchange).await.is_none() {
            return false;
        }
        let request = server.received_requests().await.unwrap().pop().unwrap();
        let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap());
        let (api_key, authorization) = expected_headers(caller, operation.credential);
        assert_eq!(header("apikey"), Some(api_key), "{} by {caller:?}", operation.id);
        assert_eq!(header("authorization"), authorization, "{} by {caller:?}", operation.id);
    }
    true
}
