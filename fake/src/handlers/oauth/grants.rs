//! The OAuth clients that a user has granted access.

use serde_json::json;
use uuid::Uuid;

use crate::{
    model::{AuditAction, ErrorCode, types::OAuthGrant},
    state::{State, table::Key},
    wire::{ApiError, ApiResult, Request, Response, ok},
};

/// `GET /user/oauth/grants`.
pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    let user_id = state.caller(request)?.user_id;
    let mine = state.oauth.consents.with(&Key::User(user_id));
    let grants = mine.filter_map(|consent| {
        let client = state.oauth.client(consent.client_id)?.summary();
        Some(OAuthGrant { client, scopes: Some(consent.scopes.clone()), granted_at: Some(consent.granted_at) })
    });
    ok(&grants.collect::<Vec<_>>())
}

/// `DELETE /user/oauth/grants`: ends the client's sessions too.
pub(crate) fn revoke(state: &mut State, request: &Request) -> ApiResult {
    let user_id = state.caller(request)?.user_id;
    let client_id = request.query("client_id").filter(|id| !id.is_empty());
    let client_id = client_id.ok_or_else(|| ApiError::validation_failed("client_id query parameter is required"))?;
    let client_id = Uuid::try_parse(&client_id).map_err(|_| ApiError::validation_failed("invalid client_id format"))?;
    if !state.forget_consent(user_id, client_id) {
        let message = "No active grant found for this client";
        return Err(ApiError::new(404, ErrorCode::OauthConsentNotFound, message));
    }
    state.sessions.retain_with(&Key::User(user_id), |session| {
        session.application.as_ref().is_none_or(|application| application.client_id != client_id)
    });
    let traits = json!({ "oauth_client_id": client_id, "action": "revoke_oauth_grant" });
    state.log_action(user_id, AuditAction::TokenRevoked, Some(traits));
    Ok(Response::new(204))
}
