//! Credentials for a session.

use wiremock::Request;

use super::{
    reply::{Refusal, Reply},
    router::{body, query},
    state::State,
};
use crate::raw::{
    ErrorCode,
    types::{GrantType, PasswordGrant, PkceGrant, RefreshTokenGrant},
};

pub(super) fn token(state: &mut State, request: &Request) -> Reply {
    match query(request, "grant_type").and_then(|name| name.parse().ok()) {
        Some(GrantType::Password) => password(state, &body(request)?),
        Some(GrantType::RefreshToken) => {
            let grant: RefreshTokenGrant = body(request)?;
            state.refresh(grant.refresh_token.expose())
        }
        Some(GrantType::Pkce) => pkce(state, &body(request)?),
        Some(GrantType::IdToken) => {
            Err(Refusal::new(400, ErrorCode::PROVIDER_DISABLED, "Provider (issuer) is not enabled"))
        }
        Some(GrantType::Web3) => Err(Refusal::new(422, ErrorCode::WEB3_PROVIDER_DISABLED, "Web3 provider is disabled")),
        None => Err(Refusal::new(400, ErrorCode::INVALID_CREDENTIALS, "unsupported_grant_type")),
    }
}

fn password(state: &mut State, grant: &PasswordGrant) -> Reply {
    let now = state.now();
    let account = match (&grant.email, &grant.phone) {
        (Some(_), Some(_)) => {
            let message = "Only an email address or phone number should be provided on login.";
            return Err(Refusal::validation_failed(message));
        }
        (Some(email), None) => state.account_by_email(email),
        (None, Some(phone)) => state.account_by_phone(phone),
        (None, None) => return Err(Refusal::validation_failed("missing email or phone")),
    };
    let wrong = || Refusal::new(400, ErrorCode::INVALID_CREDENTIALS, "Invalid login credentials");
    let account = account.filter(|account| account.password.is_some()).ok_or_else(wrong)?;
    if account.user.banned_until.is_some_and(|until| until > now) {
        return Err(Refusal::new(400, ErrorCode::USER_BANNED, "User is banned"));
    }
    if account.password.as_ref() != Some(&grant.password) {
        return Err(wrong());
    }
    if grant.email.is_some() && account.user.email_confirmed_at.is_none() {
        return Err(Refusal::new(400, ErrorCode::EMAIL_NOT_CONFIRMED, "Email not confirmed"));
    }
    if grant.phone.is_some() && account.user.phone_confirmed_at.is_none() {
        return Err(Refusal::new(400, ErrorCode::PHONE_NOT_CONFIRMED, "Phone not confirmed"));
    }
    let id = account.user.id;
    state.sign_in(id, "password")
}

fn pkce(state: &mut State, grant: &PkceGrant) -> Reply {
    if grant.auth_code.is_empty() || grant.code_verifier.is_empty() {
        let message = "invalid request: both auth code and code verifier should be non-empty";
        return Err(Refusal::validation_failed(message));
    }
    let (user_id, provider) = state.redeem_code(grant.auth_code.expose(), grant.code_verifier.expose())?;
    let mut session = state.new_session(user_id, if provider.is_some() { "oauth" } else { "otp" })?;
    if let Some(provider) = provider {
        session.provider_token = Some(format!("{provider}-access-token").into());
        session.provider_refresh_token = Some(format!("{provider}-refresh-token").into());
    }
    super::reply::ok(&session)
}
