//! The authorization endpoint for OAuth clients.

use url::Url;
use uuid::Uuid;

use crate::{
    handlers::oauth::errors::with_error,
    model::ErrorCode,
    state::{
        State,
        rows::oauth::{Authorization, Status, scopes},
    },
    wire::{ApiError, ApiResult, Request, redirect},
};

pub(crate) const SCOPES: [&str; 5] = ["openid", "profile", "email", "phone", "offline_access"];

/// `GET /oauth/authorize`.
pub(crate) fn authorize(state: &mut State, request: &Request) -> ApiResult {
    let parameter = |name: &str| request.query(name).filter(|value| !value.is_empty());
    let client_id = parameter("client_id").ok_or_else(|| ApiError::validation_failed("client_id is required"))?;
    let redirect_uri =
        parameter("redirect_uri").ok_or_else(|| ApiError::validation_failed("redirect_uri is required"))?;
    let unknown = |message| ApiError::new(400, ErrorCode::OauthClientNotFound, message);
    let client_id = Uuid::try_parse(&client_id).map_err(|_| unknown("invalid client_id format"))?;
    let row = state.oauth.client(client_id).ok_or_else(|| unknown("invalid client_id"))?;
    if !row.client.redirect_uris.iter().flatten().any(|known| *known == redirect_uri) {
        return Err(ApiError::validation_failed("invalid redirect_uri"));
    }
    // From here on, errors are sent to the redirect URI.
    if let Err(why) = check(request) {
        let state = parameter("state");
        return Ok(redirect(302, &with_error(&redirect_uri, "invalid_request", &why, state.as_deref())));
    }
    let id = state.random.authorization_id();
    state.oauth.authorizations.push(Authorization {
        id: id.clone(),
        client_id,
        redirect_uri: redirect_uri.clone(),
        scope: parameter("scope").unwrap_or_else(|| state.settings.default_scope.clone()),
        state: parameter("state"),
        resource: parameter("resource"),
        nonce: parameter("nonce"),
        challenge: parameter("code_challenge").unwrap_or_default(),
        is_plain: parameter("code_challenge_method").is_some_and(|method| method.eq_ignore_ascii_case("plain")),
        expires_at: state.now() + state.settings.authorization_lifetime,
        user_id: None,
        status: Status::Pending,
    });
    let path = &state.settings.consent_path;
    if path.is_empty() {
        let (why, request_state) = ("oauth authorization path not configured", parameter("state"));
        return Ok(redirect(302, &with_error(&redirect_uri, "server_error", why, request_state.as_deref())));
    }
    let site = state.settings.site_url.trim_end_matches('/');
    Ok(redirect(302, &format!("{site}/{}?authorization_id={id}", path.trim_start_matches('/'))))
}

fn check(request: &Request) -> Result<(), String> {
    let parameter = |name: &str| request.query(name).unwrap_or_default();
    if !["", "code"].contains(&parameter("response_type").as_str()) {
        return Err("only response_type=code is supported".to_owned());
    }
    if let Some(scope) = scopes(&parameter("scope")).iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(format!("unsupported scope: {scope}"));
    }
    check_resource(&parameter("resource"))?;
    let (challenge, method) = (parameter("code_challenge"), parameter("code_challenge_method").to_lowercase());
    if challenge.is_empty() || method.is_empty() {
        return Err("PKCE flow requires both code_challenge and code_challenge_method".to_owned());
    }
    if method != "s256" && method != "plain" {
        return Err("code_challenge_method must be 'S256' or 'plain'".to_owned());
    }
    if !(43..=128).contains(&challenge.len()) {
        return Err("code_challenge must be between 43 and 128 characters".to_owned());
    }
    Ok(())
}

fn check_resource(resource: &str) -> Result<(), String> {
    if resource.is_empty() {
        return Ok(());
    }
    if resource.contains(char::is_control) {
        return Err("resource must be a valid URI".to_owned());
    }
    let uri = Url::parse(resource).map_err(|_| "resource must be an absolute URI")?;
    if uri.fragment().is_some_and(|fragment| !fragment.is_empty()) {
        return Err("resource must not include a fragment component".to_owned());
    }
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return Err("resource must not include a query component".to_owned());
    }
    Ok(())
}
