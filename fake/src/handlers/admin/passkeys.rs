//! Passkeys of a user, for an administrator.

use serde_json::json;

use crate::{
    handlers::admin::path::user_id,
    model::AuditAction,
    state::State,
    wire::{ApiResult, Request, Response, ok},
};

/// `GET /admin/users/{user_id}/passkeys`.
pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    let user_id = user_id(state, request)?;
    ok(&state.passkeys_of(user_id).map(|row| &row.passkey).collect::<Vec<_>>())
}

/// `DELETE /admin/users/{user_id}/passkeys/{passkey_id}`.
pub(crate) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let user_id = user_id(state, request)?;
    let place = state.place_of_passkey(user_id, &request.segment(5))?;
    let passkey_id = state.passkeys.remove(place).passkey.id;
    state.log_admin_action(AuditAction::PasskeyDeleted, json!({ "user_id": user_id, "passkey_id": passkey_id }));
    Ok(Response::new(204))
}
