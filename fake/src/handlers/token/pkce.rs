//! The exchange of a PKCE code.

use gotrue::Secret;
use serde::Deserialize;
use serde_json::json;

use crate::{
    model::AuditAction,
    state::{State, flows::flow_gone},
    wire::{ApiError, ApiResult, Request, json_body},
};

#[derive(Default, Deserialize)]
#[serde(default, rename = "PKCEGrantParams")]
pub(crate) struct Pkce {
    auth_code: Secret,
    code_verifier: Secret,
}

pub(crate) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let grant: Pkce = json_body(request)?;
    if grant.auth_code.is_empty() || grant.code_verifier.is_empty() {
        let message = "invalid request: both auth code and code verifier should be non-empty";
        return Err(ApiError::validation_failed(message));
    }
    if grant.auth_code.expose().contains('\0') {
        // The database does not look for it, and the server panics.
        return Err(ApiError::internal("Internal Server Error"));
    }
    let flow = state.redeem_code(grant.auth_code.expose(), grant.code_verifier.expose())?;
    let user_id = flow.user_id.ok_or_else(flow_gone)?;
    let traits = json!({ "provider_type": flow.provider.as_deref().unwrap_or(flow.method) });
    state.log_action(user_id, AuditAction::Login, Some(traits));
    let mut issued = state.start_session(user_id, flow.method, None)?;
    if let Some(provider) = flow.provider {
        issued.session.provider_token = Some(format!("{provider}-access-token").into());
        issued.session.provider_refresh_token = Some(format!("{provider}-refresh-token").into());
    }
    Ok(issued.response())
}
