//! Deleting a user.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    handlers::admin::{path::user_id, users::contacts::user_traits},
    model::{AuditAction, types::AdminDeleteUserRequest},
    state::{State, rows::account::Account, table::Key},
    wire::{ApiResult, Request, has_no_body, json_body, ok},
};

pub(crate) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    let how: AdminDeleteUserRequest =
        if has_no_body(request) { AdminDeleteUserRequest::default() } else { json_body(request)? };
    state.retain_factors(id, |_| false)?;
    let traits = user_traits(&state.account(id)?.user);
    state.log_admin_action(AuditAction::UserDeleted, traits);
    state.end_sessions(id);
    state.passkeys.retain_with(&Key::User(id), |_| false);
    state.recovery_codes.retain_with(&Key::User(id), |_| false);
    if how.should_soft_delete == Some(true) {
        let now = state.now();
        soften(state.account(id)?, now);
    } else {
        state.accounts.retain_with(&Key::Id(id), |_| false);
        state.flows.retain_with(&Key::User(id), |_| false);
        state.oauth.authorizations.retain(|authorization| authorization.user_id != Some(id));
        state.oauth.consents.retain_with(&Key::User(id), |_| false);
    }
    ok(&json!({}))
}

/// Replaces personal data by hashes.
fn soften(account: &mut Account, now: chrono::DateTime<chrono::Utc>) {
    if account.user.deleted_at.is_some() {
        return;
    }
    let id = account.user.id;
    let hash = |value: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{id}{value}")));
    let of = |value: Option<String>| hash(&value.unwrap_or_default());
    let phone = |value: Option<String>| of(value).chars().take(15).collect::<String>();
    account.password = None;
    account.codes.clear();
    let user = &mut account.user;
    user.email = Some(of(user.email.take()));
    user.phone = Some(phone(user.phone.take()));
    user.new_email = Some(of(user.new_email.take()));
    user.new_phone = Some(phone(user.new_phone.take()));
    user.user_metadata = Some(json!({}));
    user.app_metadata = Some(json!({}));
    user.factors = None;
    user.deleted_at = Some(now);
    for identity in user.identities.iter_mut().flatten() {
        identity.id = hash(&format!("{}:{}", identity.provider, identity.id));
        identity.identity_data = None;
        identity.email = None;
    }
}
