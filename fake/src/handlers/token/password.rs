//! Sign-in with a password.

use gotrue::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    model::{AuditAction, ErrorCode},
    state::State,
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

pub(crate) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let grant: Password = json_body(request)?;
    let now = state.now();
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (email, phone) = (given(grant.email), given(grant.phone));
    let account = match (&email, &phone) {
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
    if email.is_some() && account.user.email_confirmed_at.is_none() {
        return Err(ApiError::new(400, ErrorCode::EmailNotConfirmed, "Email not confirmed"));
    }
    if phone.is_some() && account.user.phone_confirmed_at.is_none() {
        return Err(ApiError::new(400, ErrorCode::PhoneNotConfirmed, "Phone not confirmed"));
    }
    let id = account.user.id;
    let provider = if email.is_some() { "email" } else { "phone" };
    state.log_action(id, AuditAction::Login, Some(json!({ "provider": provider })));
    let issued = state.start_session(id, "password", None)?;
    // Only this grant type has the field; in the fake server, no password becomes weak.
    let mut response = json!(issued.session);
    response["weak_password"] = Value::Null;
    Ok(issued.add_headers(json_response(200, &response)))
}
