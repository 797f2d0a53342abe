//! Nothing prints a secret.

use gotrue::admin::{CreateCustomProvider, CreateUser, GenerateLink, UpdateCustomProvider, UpdateUser};
use support::SERVICE_KEY;
use uuid::Uuid;

use crate::recorded::Recorded;

const PLANTED: &str = "planted-horse-7";

#[tokio::test]
async fn no_debug_text_holds_a_secret() {
    let recorded = Recorded::new("150-admin_generate_link-email-change-new").await;
    let admin = &recorded.admin;
    let link = admin.generate_link(GenerateLink::email_change_new("a@b.c", "d@e.f")).await.unwrap();
    let client = Recorded::new("181-admin_oauth_client_create-confidential").await;
    let client = client.admin.oauth_clients().get(Uuid::from_u128(1)).await.unwrap();
    let users = admin.users();
    let texts = [
        format!("{admin:?} {users:?} {:?} {:?}", users.list(), admin.audit_log()),
        format!("{:?} {:?}", users.factors(Uuid::nil()), users.passkeys(Uuid::nil())),
        format!("{:?} {:?} {:?}", admin.sso_providers(), admin.custom_providers(), admin.oauth_clients()),
        format!("{:?}", admin.sso_providers().list()),
        format!("{:?}", CreateUser::email("a@b.c").password(PLANTED).password_hash(PLANTED)),
        format!("{:?}", UpdateUser::new().password(PLANTED)),
        format!("{:?}", GenerateLink::sign_up("a@b.c", PLANTED)),
        format!("{:?}", CreateCustomProvider::oidc("acme", "https://x", "id", PLANTED)),
        format!("{:?}", UpdateCustomProvider::new().client_secret(PLANTED)),
        format!("{link:?} {:?}", link.verify_otp()),
        format!("{client:?}"),
    ];
    let secret = client.client_secret.unwrap();
    let hash = link.token_hash();
    let secrets = [&link.action_link, &link.email_otp, &link.hashed_token, &hash, &secret];
    for text in texts {
        for secret in secrets.into_iter().map(gotrue::Secret::expose).chain([PLANTED, SERVICE_KEY]) {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}
