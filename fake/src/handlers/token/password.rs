//! Sign-in with a password.

use gotrue::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    model::{AuditAction, ErrorCode},
    state::{State, storable::check_text},
    wire::{ApiError, ApiResult, Request, json_body, json_response},
};

/// Missing fields are empty, and rejected with the messages of the server.
#[derive(Default, Deserialize)]
#[serde(default, rename = "PasswordGrantParams")]
struct Password {
    email: Option<String>,
    phone: Option<String>,
    password: Secret,
}

const NOT_QUERIED: &str = "Database error querying schema";

pub(crate) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let grant: Password = json_body(request)?;
    let (now, aud) = (state.now(), &state.request_aud(request));
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (email, phone) = (given(grant.email), given(grant.phone));
    let account = match (&email, &phone) {
        (Some(_), Some(_)) => {
            let message = "Only an email address or phone number should be provided on login.";
            return Err(ApiError::validation_failed(message));
        }
        (Some(_), None) if !state.settings.email => {
            return Err(ApiError::new(422, ErrorCode::EmailProviderDisabled, "Email logins are disabled"));
        }
        (None, Some(_)) if !state.settings.phone => {
            return Err(ApiError::new(422, ErrorCode::PhoneProviderDisabled, "Phone logins are disabled"));
        }
        (Some(email), None) => {
            check_text(email, NOT_QUERIED)?;
            state.account_by_email(email, aud)
        }
        (None, Some(phone)) => {
            check_text(phone, NOT_QUERIED)?;
            state.account_by_phone(phone, aud)
        }
        (None, None) => return Err(ApiError::validation_failed("missing email or phone")),
    };
    let wrong = || ApiError::new(400, ErrorCode::InvalidCredentials, "Invalid login credentials");
    let account = account.filter(|account| account.password.is_some()).ok_or_else(wrong)?;
    if account.is_banned(now) {
        return Err(ApiError::new(400, ErrorCode::UserBanned, "User is banned"));
    }
    let (id, is_right) =
        (account.user.id, account.password.as_ref().is_some_and(|password| password.is(&grant.password)));
    state.password_checked(id, is_right)?;
    if !is_right {
        return Err(wrong());
    }
    let weak = state.weakness_of(&grant.password)?;
    let account = state.account(id)?;
    if email.is_some() && !account.has_confirmed_email() {
        return Err(ApiError::new(400, ErrorCode::EmailNotConfirmed, "Email not confirmed"));
    }
    if phone.is_some() && !account.has_confirmed_phone() {
        return Err(ApiError::new(400, ErrorCode::PhoneNotConfirmed, "Phone not confirmed"));
    }
    let provider = if email.is_some() { "email" } else { "phone" };
    state.log_action(id, AuditAction::Login, Some(json!({ "provider": provider })));
    let issued = state.start_session(id, "password", None)?;
    // Only this grant type has the field, which is null for a password that keeps the rules.
    let mut response = json!(issued.session);
    response["weak_password"] = weak.map_or(Value::Null, |weak| json!(weak));
    Ok(issued.add_headers(json_response(200, &response)))
}
