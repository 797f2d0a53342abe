//! The signed-in user.

use gotrue::Secret;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    code_challenge::Challenge,
    contact,
    model::{AuditAction, ErrorCode, OtpType, types::MessageSent},
    state::{
        State,
        access_tokens::Caller,
        accounts::EMAIL_TAKEN,
        messages::Letter,
        rows::{
            account::check_storable,
            password::{Password, check_strength},
        },
    },
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

pub(crate) fn get_user(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    if caller.is_elsewhere(request) {
        return Err(ApiError::validation_failed("Token audience doesn't match request audience"));
    }
    ok(&state.account(caller.user_id)?.user)
}

#[derive(Default, Deserialize)]
#[serde(default, rename = "UserUpdateParams")]
struct Params {
    email: String,
    phone: String,
    channel: String,
    password: Option<Secret>,
    data: Option<Value>,
    app_metadata: Option<Value>,
}

/// A validated change of a user. An empty address or number counts as absent.
struct Update {
    email: Option<String>,
    phone: Option<String>,
    password: Option<Secret>,
    data: Option<Value>,
    challenge: Option<Challenge>,
    redirect_to: String,
}

/// `PUT /user`. Everything is checked before anything changes.
pub(crate) fn update_user(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let update = read_update(state, request)?;
    check_update(state, &caller, caller.request_aud(request), &update)?;
    let user_id = caller.user_id;
    if let Some(password) = update.password {
        state.account(user_id)?.set_password(Password::Plain(password));
        state.note(user_id, AuditAction::UserUpdatedPassword, None);
        // A new password ends the other sessions.
        state.sessions.retain(|session| session.user_id != user_id || session.id == caller.session_id);
    }
    if let Some(data) = &update.data {
        state.account(user_id)?.merge_metadata(data);
    }
    if let Some(email) = update.email {
        change_email(state, user_id, email, update.challenge, update.redirect_to)?;
    }
    if let Some(phone) = update.phone {
        change_phone(state, user_id, phone)?;
    }
    let now = state.now();
    state.note(user_id, AuditAction::UserModified, None);
    let user = &mut state.account(user_id)?.user;
    user.updated_at = Some(now);
    ok(user)
}

fn read_update(state: &State, request: &Request) -> Result<Update, ApiError> {
    let update: Params = json_body(request)?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let email = given(update.email).map(|email| contact::email(&email)).transpose()?;
    let phone = given(update.phone).map(|phone| contact::phone(&phone)).transpose()?;
    phone.as_ref().map_or(Ok(()), |_| contact::check_channel(&update.channel))?;
    update.password.as_ref().map_or(Ok(()), check_strength)?;
    check_storable(update.data.as_ref(), "Error updating user")?;
    if update.app_metadata.is_some() {
        let message = "Updating app_metadata requires admin privileges";
        return Err(ApiError::new(403, ErrorCode::NotAdmin, message));
    }
    Ok(Update {
        email,
        phone,
        password: update.password,
        data: update.data,
        challenge: change_challenge(request)?,
        redirect_to: state.settings.redirect_to(request),
    })
}

/// Reads the challenge, which the server does not check here, except for its method.
fn change_challenge(request: &Request) -> Result<Option<Challenge>, ApiError> {
    let challenge: Challenge = json_body(request)?;
    Ok(Some(challenge).filter(Challenge::is_given))
}

/// Fails if the change is not allowed. Fields that stay the same are not checked.
fn check_update(state: &mut State, caller: &Caller, aud: &str, update: &Update) -> Result<(), ApiError> {
    let (lacks_aal2, confirm) = (state.lacks_aal2(caller)?, state.settings.confirm_addresses);
    let account = state.account(caller.user_id)?;
    let email = update.email.as_deref().filter(|email| *email != account.email());
    let phone = update.phone.as_deref().filter(|phone| *phone != account.phone());
    if lacks_aal2 && (update.password.is_some() || email.is_some() || phone.is_some()) {
        let message = "AAL2 session is required to update email or password when MFA is enabled.";
        return Err(ApiError::new(401, ErrorCode::InsufficientAal, message));
    }
    let is_anonymous = account.user.is_anonymous == Some(true);
    if is_anonymous && update.password.is_some() && update.email.is_none() && update.phone.is_none() {
        let message = "Updating password of an anonymous user without an email or phone is not allowed";
        return Err(ApiError::new(422, ErrorCode::ValidationFailed, message));
    }
    let is_same = |new: &Secret| account.password.as_ref().is_some_and(|old| old.is(new));
    let is_same = update.password.as_ref().is_some_and(is_same);
    let sent_at = (account.user.email_change_sent_at, account.user.phone_change_sent_at);
    if email.is_some_and(|email| state.owner_of_email(email, aud, Some(caller.user_id)).is_some()) {
        return Err(ApiError::new(422, ErrorCode::EmailExists, EMAIL_TAKEN));
    }
    if phone.is_some_and(|phone| state.account_by_phone(phone, aud).is_some()) {
        let message = "A user with this phone number has already been registered";
        return Err(ApiError::new(422, ErrorCode::PhoneExists, message));
    }
    if is_same {
        let message = "New password should be different from the old password.";
        return Err(ApiError::new(422, ErrorCode::SamePassword, message));
    }
    if email.is_some() && (confirm || !is_anonymous) {
        if let Some(challenge) = &update.challenge {
            challenge.hash().ok_or_else(ApiError::unforeseen)?;
        }
        state.check_interval(sent_at.0, false)?;
    }
    if phone.is_some() && confirm { state.check_interval(sent_at.1, true) } else { Ok(()) }
}

fn change_email(
    state: &mut State,
    user_id: Uuid,
    email: String,
    challenge: Option<Challenge>,
    redirect_to: String,
) -> Result<(), ApiError> {
    let confirm = state.settings.confirm_addresses;
    let account = state.account(user_id)?;
    if account.email() == email {
        return Ok(());
    }
    let is_anonymous = account.user.is_anonymous == Some(true);
    account.user.new_email = Some(email);
    if is_anonymous && !confirm {
        return state.confirm_email_change(user_id);
    }
    state.send(user_id, &Letter { otp_type: Some(OtpType::EmailChange), challenge, redirect_to })
}

fn change_phone(state: &mut State, user_id: Uuid, phone: String) -> Result<(), ApiError> {
    let confirm = state.settings.confirm_addresses;
    let account = state.account(user_id)?;
    if account.phone() == phone {
        return Ok(());
    }
    account.user.new_phone = Some(phone);
    if !confirm {
        return state.confirm_phone_change(user_id);
    }
    state.send(
        user_id,
        &Letter { otp_type: Some(OtpType::PhoneChange), challenge: None, redirect_to: state.settings.site_url.clone() },
    )
}

pub(crate) fn reauthenticate(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let account = state.account(caller.user_id)?;
    match (account.email(), account.phone()) {
        ("", "") => {
            let message = "Reauthentication requires the user to have an email or a phone number";
            return Err(ApiError::validation_failed(message));
        }
        ("", _) if !account.has_confirmed_phone() => {
            return Err(ApiError::new(422, ErrorCode::PhoneNotConfirmed, "Please verify your phone first."));
        }
        (email, _) if !email.is_empty() && !account.has_confirmed_email() => {
            return Err(ApiError::new(422, ErrorCode::EmailNotConfirmed, "Please verify your email first."));
        }
        _ => {}
    }
    state.note(caller.user_id, AuditAction::UserReauthenticateRequested, None);
    state.send(
        caller.user_id,
        &Letter { otp_type: None, challenge: None, redirect_to: state.settings.site_url.clone() },
    )?;
    ok(&MessageSent { message_id: None })
}
