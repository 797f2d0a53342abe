//! The passkeys of the signed-in user.

use serde_json::json;

use crate::{
    handlers::passkeys::checks::check_level,
    model::{AuditAction, types::PasskeyUpdateRequest},
    state::State,
    wire::{ApiError, ApiResult, Request, Response, json_body_with, ok},
};

pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    ok(&state.passkeys_of(caller.user_id).map(|row| &row.passkey).collect::<Vec<_>>())
}

pub(crate) fn rename(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let PasskeyUpdateRequest { friendly_name } = json_body_with(request, &["friendly_name"])?;
    if friendly_name.is_empty() {
        return Err(ApiError::validation_failed("friendly_name is required"));
    }
    if friendly_name.len() > 120 {
        return Err(ApiError::validation_failed("friendly_name must be 120 characters or less"));
    }
    let place = state.place_of_passkey(caller.user_id, &request.segment(2))?;
    let traits = json!({ "passkey_id": state.passkeys[place].passkey.id });
    state.log_action(caller.user_id, AuditAction::PasskeyUpdated, Some(traits));
    let passkey = &mut state.passkeys[place].passkey;
    passkey.friendly_name = Some(friendly_name);
    ok(passkey)
}

pub(crate) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    check_level(state, &caller)?;
    let place = state.place_of_passkey(caller.user_id, &request.segment(2))?;
    let gone = state.passkeys.remove(place).passkey.id;
    state.log_action(caller.user_id, AuditAction::PasskeyDeleted, Some(json!({ "passkey_id": gone })));
    Ok(Response::new(204))
}
