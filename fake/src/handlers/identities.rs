//! Unlinking identities.

use serde_json::json;
use uuid::Uuid;

use crate::{
    mailbox::Template,
    model::{AuditAction, ErrorCode, types::Identity},
    state::{State, notifications::Detail, profiles::identity_traits, rows::account::Account},
    wire::{ApiError, ApiResult, Request, ok},
};

/// `DELETE /user/identities/{identity_id}`.
pub(crate) fn unlink(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let id = Uuid::try_parse(&request.segment(3)).map_err(|_| ApiError::not_found("identity_id must be an UUID"))?;
    if state.is_elsewhere(request, &caller) {
        let message = "Token audience doesn't match request audience";
        return Err(ApiError::new(403, ErrorCode::UnexpectedAudience, message));
    }
    let identities = state.account(caller.user_id)?.user.identities.clone().unwrap_or_default();
    if identities.len() <= 1 {
        let message = "User must have at least 1 identity after unlinking";
        return Err(ApiError::new(422, ErrorCode::SingleIdentityNotDeletable, message));
    }
    let gone = identities.iter().find(|identity| identity.identity_id == Some(id));
    let gone = gone.ok_or_else(|| ApiError::new(422, ErrorCode::IdentityNotFound, "Identity doesn't exist"))?;
    let left: Vec<Identity> = identities.iter().filter(|identity| identity.identity_id != Some(id)).cloned().collect();
    let address = if gone.provider == "phone" { None } else { new_address(state, caller.user_id, &left)? };
    state.log_action(caller.user_id, AuditAction::IdentityUnlinked, Some(identity_traits(gone)));
    let trusts_all = state.settings.autoconfirm_emails;
    let account = state.account(caller.user_id)?;
    let old_email = account.email().to_owned();
    account.user.identities = Some(left);
    if gone.provider == "phone" {
        account.user.phone = Some(String::new());
        account.user.phone_confirmed_at = None;
        account.compute_confirmed_at();
    } else if let Some(next) = address {
        take_address(account, &next, trusts_all);
    }
    account.list_providers();
    // The address may have changed with the identity.
    let detail = Detail { to: Some(&old_email), provider: &gone.provider, ..Detail::default() };
    state.notify(caller.user_id, Template::IdentityUnlinked, &detail);
    ok(&json!({}))
}

/// Returns the identity whose address becomes the user's if no identity with the current one is left.
fn new_address(state: &mut State, user_id: Uuid, left: &[Identity]) -> Result<Option<Identity>, ApiError> {
    let account = state.account(user_id)?;
    let (current, aud) = (account.email().to_owned(), account.user.aud.clone().unwrap_or_default());
    if left.iter().any(|identity| email(identity) == current) {
        return Ok(None);
    }
    let mut best: Vec<&Identity> = left.iter().collect();
    best.sort_by_key(|identity| (rank(identity), identity.created_at));
    let free = best
        .into_iter()
        .find(|identity| email(identity).is_empty() || state.account_by_email(email(identity), &aud).is_none());
    let conflict = || {
        let message = "Unable to unlink identity due to email conflict";
        ApiError::new(422, ErrorCode::EmailConflictIdentityNotDeletable, message)
    };
    free.cloned().map(Some).ok_or_else(conflict)
}

fn take_address(account: &mut Account, identity: &Identity, trusts_all: bool) {
    account.user.email = Some(email(identity).to_lowercase());
    account.user.new_email = None;
    account.user.new_phone = None;
    account.is_change_half_confirmed = false;
    account.forget_codes();
    if email(identity).is_empty() || (rank(identity) > 0 && !trusts_all) {
        account.user.email_confirmed_at = None;
        account.compute_confirmed_at();
        account.merge_metadata(&json!({ "email_verified": false }));
    }
}

fn email(identity: &Identity) -> &str {
    identity.email.as_deref().unwrap_or_default()
}

/// Sorts verified addresses first and identities without an address last.
fn rank(identity: &Identity) -> u8 {
    match &identity.identity_data {
        _ if email(identity).is_empty() => 2,
        Some(data) if data["email_verified"] == true => 0,
        _ => 1,
    }
}
