//! Users, as an administrator makes, changes and deletes them.

use crate::wire::{ApiError, ApiResult, Request, json_body, ok};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    account::{Account, blank_user, identity},
    ban, contact, passkey,
    password::Password,
    state::{State, plain_phone},
};
use crate::model::{
    AuditAction, ErrorCode,
    types::{AdminCreateUserRequest, AdminDeleteUserRequest, AdminUpdateUserRequest, User},
};
use gotrue::Secret;

pub(super) const EMAIL_TAKEN: &str = "A user with this email address has already been registered";

/// The user whom the path names.
pub(super) fn user_id(state: &State, request: &Request) -> Result<Uuid, ApiError> {
    state.check_admin(request)?;
    let no_uuid = || ApiError::new(404, ErrorCode::ValidationFailed, "user_id must be an UUID");
    let id = Uuid::try_parse(request.segment(3)).map_err(|_| no_uuid())?;
    let is_there = state.accounts.iter().any(|account| account.user.id == id);
    is_there.then_some(id).ok_or_else(|| ApiError::new(404, ErrorCode::UserNotFound, "User not found"))
}

pub(super) fn get(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    ok(&state.account(id)?.user)
}

pub(super) fn passkeys(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    passkey::admin_list(state, id)
}

pub(super) fn delete_passkey(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    passkey::admin_delete(state, id, request)
}

pub(super) fn create(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let raw: Value = json_body(request)?;
    if raw["id"].as_str().is_some_and(|id| !id.is_empty() && Uuid::try_parse(id).is_err()) {
        return Err(ApiError::validation_failed("ID must conform to the uuid v4 format"));
    }
    let new: AdminCreateUserRequest = json_body(request)?;
    let (email, phone) = (new.email.unwrap_or_default(), new.phone.unwrap_or_default());
    check_contacts(state, &email, &phone)?;
    let password = chosen_password(new.password, new.password_hash)?;
    let ban = new.ban_duration.filter(|text| !text.is_empty()).map(|text| ban::duration(&text)).transpose()?.flatten();
    let id = free_id(state, new.id)?;
    let now = state.now();
    let mut user = blank_user(id, &email, &phone, now);
    user.aud = new.aud.filter(|aud| !aud.is_empty()).or(user.aud);
    user.role = new.role.filter(|role| !role.is_empty()).or(user.role);
    user.banned_until = ban.and_then(|duration| now.checked_add_signed(duration));
    // Without a password one is made up, which nobody knows.
    let password = password.unwrap_or_else(|| Password::Plain(state.draw_token().into()));
    let mut account = Account::new(user);
    account.password = Some(password);
    account.merge_metadata(&new.user_metadata.unwrap_or_default());
    for (provider, contact) in [("email", email), ("phone", plain_phone(&phone))] {
        if !contact.is_empty() {
            add_identity(&mut account, state.draw_id(), provider, &contact, now);
        }
    }
    account.merge_app_metadata(&new.app_metadata.unwrap_or_default());
    confirm(&mut account, new.email_confirm == Some(true), new.phone_confirm == Some(true), now);
    // The database makes this field, and the real server does not look there again.
    let response = User { confirmed_at: None, ..account.user.clone() };
    state.accounts.push(account);
    let mut traits = traits(&response);
    traits["provider"] = response.app_metadata.as_ref().map(|data| data["provider"].clone()).unwrap_or_default();
    state.note_admin(AuditAction::UserSignedup, traits);
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
    if !email.is_empty() && state.account_by_email(email).is_some() {
        return Err(ApiError::new(422, ErrorCode::EmailExists, EMAIL_TAKEN));
    }
    if !phone.is_empty() && state.account_by_phone(phone).is_some() {
        let message = "Phone number already registered by another user";
        return Err(ApiError::new(422, ErrorCode::PhoneExists, message));
    }
    Ok(())
}

fn free_id(state: &mut State, wanted: Option<Uuid>) -> Result<Uuid, ApiError> {
    match wanted {
        None => Ok(state.draw_id()),
        Some(id) if id.is_nil() => Err(ApiError::validation_failed("ID cannot be a nil uuid")),
        Some(id) if state.accounts.iter().any(|account| account.user.id == id) => {
            Err(ApiError::new(500, ErrorCode::UnexpectedFailure, "Database error creating new user"))
        }
        Some(id) => Ok(id),
    }
}

fn add_identity(
    account: &mut Account,
    identity_id: Uuid,
    provider: &str,
    contact: &str,
    now: chrono::DateTime<chrono::Utc>,
) {
    let id = account.user.id;
    let mut profile = json!({ "sub": id, "email_verified": false, "phone_verified": false });
    profile[provider] = json!(contact);
    account.add_identity(identity(identity_id, id, &id.to_string(), provider, profile, now));
}

fn confirm(account: &mut Account, email: bool, phone: bool, now: chrono::DateTime<chrono::Utc>) {
    if email {
        account.user.email_confirmed_at = Some(now);
        account.merge_metadata(&json!({ "email_verified": true }));
    }
    if phone {
        account.user.phone_confirmed_at = Some(now);
    }
    if email || phone {
        account.codes.clear();
        account.user.confirmed_at.get_or_insert(now);
    }
}

pub(super) fn update(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    let change: AdminUpdateUserRequest = json_body(request)?;
    let (email, phone) = (change.email.unwrap_or_default(), change.phone.unwrap_or_default());
    if !email.is_empty() {
        contact::email(&email)?;
    }
    if !phone.is_empty() {
        contact::phone(&phone)?;
    }
    let ban = change.ban_duration.filter(|text| !text.is_empty()).map(|text| ban::duration(&text)).transpose()?;
    if let Some(password) = &change.password {
        State::check_password(password)?;
    }
    check_free(state, id, &email, &phone)?;
    let (now, identity_ids) = (state.now(), [state.draw_id(), state.draw_id()]);
    if let Some(password) = change.password {
        // Whoever knew the old one is out.
        state.sessions.retain(|session| session.user_id != id);
        let account = state.account(id)?;
        account.password = Some(Password::Plain(password));
        account.codes.clear();
    }
    let account = state.account(id)?;
    account.user.role = change.role.filter(|role| !role.is_empty()).or(account.user.role.take());
    let (confirm_email, confirm_phone) = (change.email_confirm == Some(true), change.phone_confirm == Some(true));
    confirm(account, confirm_email, confirm_phone, now);
    let contacts = [("email", email.to_lowercase(), confirm_email), ("phone", plain_phone(&phone), confirm_phone)];
    for ((provider, contact, confirmed), identity_id) in contacts.into_iter().zip(identity_ids) {
        if !contact.is_empty() {
            set_contact(account, identity_id, provider, &contact, confirmed, now);
        }
    }
    account.merge_app_metadata(&change.app_metadata.unwrap_or_default());
    account.merge_metadata(&change.user_metadata.unwrap_or_default());
    if let Some(ban) = ban {
        account.user.banned_until = ban.and_then(|duration| now.checked_add_signed(duration));
    }
    account.user.updated_at = Some(now);
    let user = account.user.clone();
    state.note_admin(AuditAction::UserModified, traits(&user));
    ok(&user)
}

/// What the audit log says of a user.
fn traits(user: &User) -> Value {
    json!({ "user_id": user.id, "user_email": user.email, "user_phone": user.phone })
}

/// The database refuses what the server did not look at.
fn check_free(state: &mut State, id: Uuid, email: &str, phone: &str) -> Result<(), ApiError> {
    let by_email = state.account_by_email(email).map(|account| account.user.id).filter(|_| !email.is_empty());
    let by_phone = state.account_by_phone(phone).map(|account| account.user.id).filter(|_| !phone.is_empty());
    if [by_email, by_phone].into_iter().flatten().any(|owner| owner != id) {
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, "Error updating user"));
    }
    Ok(())
}

fn set_contact(
    account: &mut Account,
    identity_id: Uuid,
    provider: &str,
    contact: &str,
    confirmed: bool,
    now: chrono::DateTime<chrono::Utc>,
) {
    let verified = format!("{provider}_verified");
    let identities = account.user.identities.get_or_insert_default();
    if let Some(identity) = identities.iter_mut().find(|identity| identity.provider == provider) {
        let data = identity.identity_data.get_or_insert_with(|| json!({}));
        data[provider] = json!(contact);
        data[verified.as_str()] = json!(confirmed);
        identity.updated_at = Some(now);
    } else {
        add_identity(account, identity_id, provider, contact, now);
    }
    let place = if provider == "email" { &mut account.user.email } else { &mut account.user.phone };
    *place = Some(contact.to_owned());
    if confirmed {
        account.user.is_anonymous = Some(false);
    }
}

pub(super) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    let how: AdminDeleteUserRequest =
        if request.body.is_empty() { AdminDeleteUserRequest::default() } else { json_body(request)? };
    let traits = traits(&state.account(id)?.user);
    state.note_admin(AuditAction::UserDeleted, traits);
    state.sessions.retain(|session| session.user_id != id);
    state.passkeys.retain(|row| row.user_id != id);
    if how.should_soft_delete == Some(true) {
        let now = state.now();
        soften(state.account(id)?, now);
    } else {
        state.accounts.retain(|account| account.user.id != id);
    }
    ok(&json!({}))
}

/// Puts hashes in the place of all that tells who it was.
fn soften(account: &mut Account, now: chrono::DateTime<chrono::Utc>) {
    if account.user.deleted_at.is_some() {
        return;
    }
    let id = account.user.id;
    let hash = |value: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{id}{value}")));
    let of = |value: Option<String>| hash(&value.unwrap_or_default());
    let phone = |value: Option<String>| of(value).chars().take(15).collect::<String>();
    account.password = None;
    account.codes.clear();
    let user = &mut account.user;
    user.email = Some(of(user.email.take()));
    user.phone = Some(phone(user.phone.take()));
    user.new_email = Some(of(user.new_email.take()));
    user.new_phone = Some(phone(user.new_phone.take()));
    user.user_metadata = Some(json!({}));
    user.app_metadata = Some(json!({}));
    user.factors = None;
    user.deleted_at = Some(now);
    for identity in user.identities.iter_mut().flatten() {
        identity.id = hash(&format!("{}:{}", identity.provider, identity.id));
        identity.identity_data = Some(Value::Object(serde_json::Map::new()));
        identity.email = None;
    }
}
