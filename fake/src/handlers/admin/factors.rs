//! Second factors of a user, for an administrator.

use serde_json::json;
use uuid::Uuid;

use crate::{
    contact,
    handlers::admin::path::user_id,
    model::{
        AuditAction, ErrorCode, FactorType,
        types::{AdminUpdateFactorRequest, Factor},
    },
    state::State,
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

/// `GET /admin/users/{user_id}/factors`.
pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    ok(&state.account(id)?.user.factors.clone().unwrap_or_default())
}

/// `PUT /admin/users/{user_id}/factors/{factor_id}`.
pub(crate) fn update(state: &mut State, request: &Request) -> ApiResult {
    let (user_id, mut factor) = find(state, request)?;
    let change: AdminUpdateFactorRequest = json_body(request)?;
    if change.friendly_name.as_ref().is_some_and(|name| name.contains('\0')) {
        // The database does not store it.
        return Err(ApiError::unforeseen());
    }
    if let Some(name) = change.friendly_name.filter(|name| !name.is_empty()) {
        factor.friendly_name = Some(name);
    }
    if let Some(phone) = change.phone.filter(|phone| !phone.is_empty() && factor.factor_type == FactorType::Phone) {
        let number = contact::phone(&phone)?;
        state.set_factor_phone(factor.id, &number)?;
        factor.phone = Some(number);
    }
    factor.updated_at = Some(state.now());
    state.change_factor(user_id, factor.id, |place| *place = factor.clone())?;
    let traits = json!({ "user_id": user_id, "factor_id": factor.id, "factor_type": factor.factor_type });
    state.log_admin_action(AuditAction::FactorUpdated, traits);
    ok(&factor)
}

/// `DELETE /admin/users/{user_id}/factors/{factor_id}`.
pub(crate) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let (user_id, factor) = find(state, request)?;
    let traits = json!({ "user_id": user_id, "factor_id": factor.id });
    state.log_action(user_id, AuditAction::FactorDeleted, Some(traits));
    state.retain_factors(user_id, |other| other.id != factor.id)?;
    state.lower_sessions(factor.id);
    ok(&factor)
}

/// Finds the user and the factor in the path.
pub(crate) fn find(state: &mut State, request: &Request) -> Result<(Uuid, Factor), ApiError> {
    let user_id = user_id(state, request)?;
    let id = Uuid::try_parse(&request.segment(5)).map_err(|_| ApiError::not_found("factor_id must be an UUID"))?;
    let mut factors = state.account(user_id)?.user.factors.iter().flatten();
    let factor = factors.find(|factor| factor.id == id).cloned();
    let factor = factor.ok_or_else(|| ApiError::new(404, ErrorCode::MfaFactorNotFound, "Factor not found"))?;
    Ok((user_id, factor))
}
