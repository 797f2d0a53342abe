//! What applications may know, and what the user says to that.

use crate::wire::{ApiError, ApiResult, Request, Response, ok};
use serde_json::{Value, json};
use uuid::Uuid;

use super::scopes;
use crate::model::{
    AuditAction, ErrorCode,
    types::{OAuthGrant, User},
};
use crate::state::State;

/// What an application may know (`GET /oauth/userinfo`). Whoever comes with a token of their own learns who they are.
pub(crate) fn user_info(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let session = state.sessions.iter().find(|session| session.id == caller.session_id);
    let application = session.and_then(|session| session.application.as_ref());
    let scopes = application.map(|application| scopes(&application.scope)).unwrap_or_default();
    let user = state.account(caller.user_id)?.user.clone();
    let has = |scope: &str| scopes.iter().any(|it| it == scope);
    let mut claims = json!({ "sub": user.id });
    if has("email") {
        if let Some(email) = user.email.clone().filter(|email| !email.is_empty()) {
            claims["email"] = json!(email);
        }
        if user.email_confirmed_at.is_some() {
            claims["email_verified"] = json!(true);
        }
    }
    if has("phone") {
        if let Some(phone) = user.phone.clone().filter(|phone| !phone.is_empty()) {
            claims["phone"] = json!(phone);
        }
        if user.phone_confirmed_at.is_some() {
            claims["phone_verified"] = json!(true);
        }
    }
    if has("profile") {
        for (name, value) in profile_claims(&user) {
            claims[name] = value;
        }
        claims["user_metadata"] = json!(user.user_metadata);
    }
    ok(&claims)
}

/// The claims of scope `profile`, in an ID token too.
pub(super) fn profile_claims(user: &User) -> Vec<(&'static str, Value)> {
    let metadata = user.user_metadata.clone().unwrap_or_default();
    let first = |names: [&str; 2]| {
        let texts = names.iter().filter_map(|name| metadata[*name].as_str());
        texts.filter(|text| !text.is_empty()).map(str::to_owned).next()
    };
    let name = first(["name", "name"]).or_else(|| user.email.clone().filter(|email| !email.is_empty()));
    let claims = [
        ("name", name.map(Value::String)),
        ("picture", first(["picture", "avatar_url"]).map(Value::String)),
        ("preferred_username", first(["preferred_username", "username"]).map(Value::String)),
        ("updated_at", user.updated_at.map(|at| json!(at.timestamp()))),
    ];
    claims.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// `GET /user/oauth/grants`.
pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    let user_id = state.caller(request)?.user_id;
    let mine = state.oauth.consents.iter().filter(|consent| consent.user_id == user_id);
    let grants = mine.filter_map(|consent| {
        let client = state.oauth.client(consent.client_id)?.summary();
        Some(OAuthGrant { client, scopes: Some(consent.scopes.clone()), granted_at: Some(consent.granted_at) })
    });
    ok(&grants.collect::<Vec<_>>())
}

/// `DELETE /user/oauth/grants`: the application's sessions are over.
pub(crate) fn revoke(state: &mut State, request: &Request) -> ApiResult {
    let user_id = state.caller(request)?.user_id;
    let client_id = request.query("client_id").filter(|id| !id.is_empty());
    let client_id = client_id.ok_or_else(|| ApiError::validation_failed("client_id query parameter is required"))?;
    let client_id = Uuid::try_parse(&client_id).map_err(|_| ApiError::validation_failed("invalid client_id format"))?;
    if !state.forget_consent(user_id, client_id) {
        let message = "No active grant found for this client";
        return Err(ApiError::new(404, ErrorCode::OauthConsentNotFound, message));
    }
    state.sessions.retain(|session| {
        let is_theirs = session.application.as_ref().is_some_and(|application| application.client_id == client_id);
        session.user_id != user_id || !is_theirs
    });
    let traits = json!({ "oauth_client_id": client_id, "action": "revoke_oauth_grant" });
    state.note(user_id, AuditAction::TokenRevoked, Some(traits));
    Ok(Response::new(204))
}
