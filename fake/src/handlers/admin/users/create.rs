//! Creating a user.

use gotrue::Secret;
use serde::Deserialize;
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
        accounts::{Contact, EMAIL_TAKEN},
        rows::{
            account::{Account, blank_user},
            password::{Password, check_length},
        },
        storable::{check_json, check_name},
        table::Key,
    },
    wire::{ApiError, ApiResult, Request, json_body, json_body_without, ok},
};

const NOT_CREATED: &str = "Database error creating new user";

#[derive(Default, Deserialize)]
#[serde(default, rename = "AdminUserParams")]
struct Id {
    id: String,
}

pub(crate) fn create(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let Id { id } = json_body(request)?;
    // A malformed id is refused later.
    let new: AdminCreateUserRequest = json_body_without(request, "id")?;
    let (email, phone) = (new.email.unwrap_or_default(), new.phone.unwrap_or_default());
    let aud = new.aud.filter(|aud| !aud.is_empty()).unwrap_or_else(|| state.request_aud(request));
    check_contacts(state, &email, &phone, &aud)?;
    let is_hashed = new.password_hash.as_ref().is_some_and(|hash| !hash.is_empty());
    let password = chosen_password(new.password, new.password_hash)?;
    let id = chosen_id(state, &id)?;
    let ban =
        new.ban_duration.filter(|text| !text.is_empty()).map(|text| go_duration::ban(&text)).transpose()?.flatten();
    check_json(new.user_metadata.as_ref(), NOT_CREATED)?;
    check_json(new.app_metadata.as_ref(), NOT_CREATED)?;
    check_name(&aud, NOT_CREATED)?;
    check_name(new.role.as_deref().unwrap_or_default(), NOT_CREATED)?;
    check_free(state, id, &email, &phone)?;
    let now = state.now();
    let mut user = blank_user(&state.settings, id, &email, &phone, &aud, now);
    user.role = new.role.filter(|role| !role.is_empty()).map(|role| role.trim().to_owned()).or(user.role);
    user.banned_until = ban.and_then(|duration| now.checked_add_signed(duration));
    // Without a password the account gets a random one.
    let password = password.unwrap_or_else(|| Password::Plain(state.random.challenge().into()));
    let mut account = Account::new(user);
    account.password = Some(password);
    match new.user_metadata {
        Some(data) => account.user.user_metadata = Some(data),
        // The server leaves it null only for an imported password.
        None if is_hashed => account.user.user_metadata = Some(Value::Null),
        None => {}
    }
    for (provider, contact) in [("email", email), ("phone", contact::plain_phone(&phone))] {
        if !contact.is_empty() {
            add_identity(&mut account, state.random.id(), provider, &contact, now);
        }
    }
    account.list_providers();
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
        (password, None) => {
            let password = password.filter(|password| !password.is_empty());
            // The server panics.
            let too_long = |_| ApiError::internal("Internal Server Error");
            password.as_ref().map_or(Ok(()), |password| check_length(password, "")).map_err(too_long)?;
            Ok(password.map(Password::Plain))
        }
    }
}

fn check_contacts(state: &mut State, email: &str, phone: &str, aud: &str) -> Result<(), ApiError> {
    if email.is_empty() && phone.is_empty() {
        return Err(ApiError::validation_failed("Cannot create a user without either an email or phone"));
    }
    if !email.is_empty() {
        let email = contact::email(email)?;
        if state.owner_of_email(&email, aud, None).is_some() {
            return Err(ApiError::new(422, ErrorCode::EmailExists, EMAIL_TAKEN));
        }
    }
    if !phone.is_empty() {
        let phone = contact::phone(phone)?;
        if state.account_by_phone(&phone, aud).is_some() {
            let message = "Phone number already registered by another user";
            return Err(ApiError::new(422, ErrorCode::PhoneExists, message));
        }
    }
    Ok(())
}

fn chosen_id(state: &mut State, id: &str) -> Result<Uuid, ApiError> {
    if id.is_empty() {
        return Ok(state.random.id());
    }
    let id = Uuid::try_parse(id).map_err(|_| ApiError::validation_failed("ID must conform to the uuid v4 format"))?;
    if id.is_nil() { Err(ApiError::validation_failed("ID cannot be a nil uuid")) } else { Ok(id) }
}

/// Fails as the database does if the id, or the address in another audience, is taken.
fn check_free(state: &mut State, id: Uuid, email: &str, phone: &str) -> Result<(), ApiError> {
    if state.accounts.find(&Key::Id(id)).is_some() {
        return Err(ApiError::taken("users_pkey", "id", &id.to_string(), NOT_CREATED));
    }
    state.check_unique(id, &Contact::Email(email.to_lowercase()), NOT_CREATED)?;
    state.check_unique(id, &Contact::Phone(contact::plain_phone(phone)), NOT_CREATED)
}
