//! Creating a user.

use gotrue::Secret;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    contact, go_duration,
    handlers::admin::users::contacts::{add_identity, confirm, user_traits},
    model::{
        AuditAction, ErrorCode,
        types::{AdminCreateUserRequest, User},
    },
    state::{
        State,
        accounts::EMAIL_TAKEN,
        rows::{
            account::{Account, blank_user, check_storable},
            password::Password,
        },
    },
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

pub(crate) fn create(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let raw: Value = json_body(request)?;
    if raw["id"].as_str().is_some_and(|id| !id.is_empty() && Uuid::try_parse(id).is_err()) {
        return Err(ApiError::validation_failed("ID must conform to the uuid v4 format"));
    }
    let new: AdminCreateUserRequest = json_body(request)?;
    check_storable(new.user_metadata.as_ref(), "Database error creating new user")?;
    check_storable(new.app_metadata.as_ref(), "Database error creating new user")?;
    let (email, phone) = (new.email.unwrap_or_default(), new.phone.unwrap_or_default());
    check_contacts(state, &email, &phone)?;
    let password = chosen_password(new.password, new.password_hash)?;
    let ban =
        new.ban_duration.filter(|text| !text.is_empty()).map(|text| go_duration::ban(&text)).transpose()?.flatten();
    let id = free_id(state, new.id)?;
    let now = state.now();
    let mut user = blank_user(id, &email, &phone, now);
    user.aud = new.aud.filter(|aud| !aud.is_empty()).or(user.aud);
    user.role = new.role.filter(|role| !role.is_empty()).or(user.role);
    user.banned_until = ban.and_then(|duration| now.checked_add_signed(duration));
    // Without a password the account gets a random one.
    let password = password.unwrap_or_else(|| Password::Plain(state.random.refresh_token().into()));
    let mut account = Account::new(user);
    account.password = Some(password);
    account.merge_metadata(&new.user_metadata.unwrap_or_default());
    for (provider, contact) in [("email", email), ("phone", contact::plain_phone(&phone))] {
        if !contact.is_empty() {
            add_identity(&mut account, state.random.id(), provider, &contact, now);
        }
    }
    account.merge_app_metadata(&new.app_metadata.unwrap_or_default());
    confirm(&mut account, new.email_confirm == Some(true), new.phone_confirm == Some(true), now);
    // The database computes this field, and the real server does not read it again.
    let response = User { confirmed_at: None, ..account.user.clone() };
    state.accounts.push(account);
    let mut traits = user_traits(&response);
    traits["provider"] = response.app_metadata.as_ref().map(|data| data["provider"].clone()).unwrap_or_default();
    state.log_admin_action(AuditAction::UserSignedup, traits);
    ok(&response)
}

fn chosen_password(password: Option<Secret>, hash: Option<Secret>) -> Result<Option<Password>, ApiError> {
    match (password, hash.filter(|hash| !hash.is_empty())) {
        (Some(_), Some(_)) => Err(ApiError::validation_failed("Only a password or a password hash should be provided")),
        (None, Some(hash)) => Password::from_hash(hash.expose()).map(Some),
        (Some(password), None) if password.expose().len() > 72 => {
            Err(ApiError::validation_failed("bcrypt: password length exceeds 72 bytes"))
        }
        (password, None) => Ok(password.filter(|password| !password.is_empty()).map(Password::Plain)),
    }
}

fn check_contacts(state: &mut State, email: &str, phone: &str) -> Result<(), ApiError> {
    if email.is_empty() && phone.is_empty() {
        return Err(ApiError::validation_failed("Cannot create a user without either an email or phone"));
    }
    if !email.is_empty() {
        contact::email(email)?;
    }
    if !phone.is_empty() {
        contact::phone(phone)?;
    }
    if !email.is_empty() && state.accounts.has_email(email) {
        return Err(ApiError::new(422, ErrorCode::EmailExists, EMAIL_TAKEN));
    }
    if !phone.is_empty() && state.accounts.has_phone(&contact::plain_phone(phone)) {
        let message = "Phone number already registered by another user";
        return Err(ApiError::new(422, ErrorCode::PhoneExists, message));
    }
    Ok(())
}

fn free_id(state: &mut State, wanted: Option<Uuid>) -> Result<Uuid, ApiError> {
    match wanted {
        None => Ok(state.random.id()),
        Some(id) if id.is_nil() => Err(ApiError::validation_failed("ID cannot be a nil uuid")),
        Some(id) if state.accounts.has_id(id) => {
            Err(ApiError::new(500, ErrorCode::UnexpectedFailure, "Database error creating new user"))
        }
        Some(id) => Ok(id),
    }
}
