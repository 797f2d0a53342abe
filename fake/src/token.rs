//! Credentials for a session.

use crate::wire::{ApiError, ApiResult, Request, json_body, json_response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{flow::flow_gone, id_token, state::State, web3};
use crate::model::{AuditAction, ErrorCode, types::GrantType};
use gotrue::Secret;

// What is missing in a body is empty to the real server, and refused with its own words.

#[derive(Default, Deserialize)]
#[serde(default)]
struct Password {
    email: Option<String>,
    phone: Option<String>,
    password: Secret,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pkce {
    auth_code: Secret,
    code_verifier: Secret,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refresh {
    refresh_token: Secret,
}

pub(super) fn token(state: &mut State, request: &Request) -> ApiResult {
    match request.query("grant_type").and_then(|name| name.parse().ok()) {
        Some(GrantType::Password) => password(state, &json_body(request)?),
        Some(GrantType::RefreshToken) => {
            let grant: Refresh = json_body(request)?;
            check_form(&grant.refresh_token)?;
            let session = state.refresh(grant.refresh_token.expose(), None)?;
            Ok(state.session_response(&session))
        }
        Some(GrantType::Pkce) => pkce(state, &json_body(request)?),
        Some(GrantType::IdToken) => id_token::grant(state, request),
        Some(GrantType::Web3) => web3::grant(state, request),
        None => Err(ApiError::new(400, ErrorCode::InvalidCredentials, "unsupported_grant_type")),
    }
}

/// What the server's first kind of refresh token looks like.
fn check_form(token: &Secret) -> Result<(), ApiError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let token = token.expose();
    if token.len() == 12 && token.bytes().all(fits) {
        return Ok(());
    }
    Err(ApiError::validation_failed("Refresh token is not valid"))
}

fn password(state: &mut State, grant: &Password) -> ApiResult {
    let now = state.now();
    let account = match (&grant.email, &grant.phone) {
        (Some(_), Some(_)) => {
            let message = "Only an email address or phone number should be provided on login.";
            return Err(ApiError::validation_failed(message));
        }
        (Some(email), None) => state.account_by_email(email),
        (None, Some(phone)) => state.account_by_phone(phone),
        (None, None) => return Err(ApiError::validation_failed("missing email or phone")),
    };
    let wrong = || ApiError::new(400, ErrorCode::InvalidCredentials, "Invalid login credentials");
    let account = account.filter(|account| account.password.is_some()).ok_or_else(wrong)?;
    if account.user.banned_until.is_some_and(|until| until > now) {
        return Err(ApiError::new(400, ErrorCode::UserBanned, "User is banned"));
    }
    if !account.password.as_ref().is_some_and(|password| password.is(&grant.password)) {
        return Err(wrong());
    }
    if grant.email.is_some() && account.user.email_confirmed_at.is_none() {
        return Err(ApiError::new(400, ErrorCode::EmailNotConfirmed, "Email not confirmed"));
    }
    if grant.phone.is_some() && account.user.phone_confirmed_at.is_none() {
        return Err(ApiError::new(400, ErrorCode::PhoneNotConfirmed, "Phone not confirmed"));
    }
    let id = account.user.id;
    let provider = if grant.email.is_some() { "email" } else { "phone" };
    state.note(id, AuditAction::Login, Some(json!({ "provider": provider })));
    let session = state.new_session(id, "password")?;
    // This way alone tells of the password, and this server has none that became weak.
    let mut response = json!(session);
    response["weak_password"] = Value::Null;
    Ok(state.with_session(json_response(200, &response), &session))
}

fn pkce(state: &mut State, grant: &Pkce) -> ApiResult {
    if grant.auth_code.is_empty() || grant.code_verifier.is_empty() {
        let message = "invalid request: both auth code and code verifier should be non-empty";
        return Err(ApiError::validation_failed(message));
    }
    let flow = state.redeem_code(grant.auth_code.expose(), grant.code_verifier.expose())?;
    let user_id = flow.user_id.ok_or_else(flow_gone)?;
    let traits = json!({ "provider_type": flow.provider.as_deref().unwrap_or(flow.method) });
    state.note(user_id, AuditAction::Login, Some(traits));
    let mut session = state.new_session(user_id, flow.method)?;
    if let Some(provider) = flow.provider {
        session.provider_token = Some(format!("{provider}-access-token").into());
        session.provider_refresh_token = Some(format!("{provider}-refresh-token").into());
    }
    Ok(state.session_response(&session))
}
