//! Redirects to a provider, for a sign-in or to link an identity.

use serde_json::json;
use uuid::Uuid;

use crate::{
    code_challenge::challenge_in_query,
    handlers::provider_page,
    model::ErrorCode,
    state::{State, rows::flow::Flow, storable::check_text},
    wire::{ApiError, ApiResult, Request, ok, redirect},
};

/// `GET /authorize`. The fake provider approves at once, so that its URL is already the callback, or has a page on this
/// server.
pub(crate) fn authorize(state: &mut State, request: &Request) -> ApiResult {
    Ok(redirect(302, &begin(state, request, None)?))
}

/// Starts a flow and returns the URL of the provider.
pub(crate) fn begin(state: &mut State, request: &Request, linking: Option<Uuid>) -> Result<String, ApiError> {
    let provider = request.query("provider").unwrap_or_default().to_lowercase();
    state.check_provider(&provider)?;
    let invite_token = request.query("invite_token").filter(|token| !token.is_empty());
    check_text(invite_token.as_deref().unwrap_or_default(), "Database error finding user")?;
    if invite_token.as_deref().is_some_and(|token| state.invited(token).is_none()) {
        let message = "User identified by token not found";
        return Err(ApiError::new(404, ErrorCode::UserNotFound, message));
    }
    let challenge = challenge_in_query(request)?.map(|challenge| challenge.hash_for_browser()).transpose()?;
    let redirect_to = state.settings.redirect_to(request);
    let id = state.random.id();
    let begun_at = state.now();
    let (user_id, code) = (None, None);
    state.flows.push(Flow {
        id: Some(id),
        begun_at,
        provider: Some(provider.clone()),
        sso_provider: None,
        method: "oauth",
        linking,
        redirect_to,
        challenge,
        user_id,
        code,
        invite_token,
    });
    Ok(provider_page::url(state, &provider, id, request.query("login_hint").as_deref()))
}

/// `GET /user/identities/authorize`.
pub(crate) fn authorize_identity(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let url = begin(state, request, Some(caller.user_id))?;
    if request.query("skip_http_redirect").as_deref() == Some("true") {
        return ok(&json!({ "url": url }));
    }
    Ok(redirect(302, &url))
}
