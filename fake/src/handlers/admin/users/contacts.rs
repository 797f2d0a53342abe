//! Helpers that creating and updating a user share.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    model::types::User,
    state::rows::account::{Account, new_identity},
};

pub(crate) fn add_identity(
    account: &mut Account,
    identity_id: Uuid,
    provider: &str,
    contact: &str,
    now: chrono::DateTime<chrono::Utc>,
) {
    let id = account.user.id;
    let mut profile = json!({ "sub": id, "email_verified": false, "phone_verified": false });
    profile[provider] = json!(contact);
    account.add_identity(new_identity(identity_id, id, &id.to_string(), provider, profile, now));
}

pub(crate) fn confirm(account: &mut Account, email: bool, phone: bool, now: chrono::DateTime<chrono::Utc>) {
    if email {
        account.confirm_email(now);
    }
    if phone {
        account.confirm_phone(now);
    }
}

/// Returns the traits of a user in the audit log.
pub(crate) fn user_traits(user: &User) -> Value {
    json!({ "user_id": user.id, "user_email": user.email, "user_phone": user.phone })
}
