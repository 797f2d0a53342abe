//! The signed-in user.

use super::{
    contact,
    message::Letter,
    password::Password,
    session::Caller,
    state::{State, plain_phone},
};
use crate::model::{
    AuditAction, ErrorCode,
    types::{MessageSent, OtpType, SignOutScope, UserUpdateRequest},
};
use crate::wire::{ApiError, ApiResult, Request, Response, json_body, ok};

pub(super) fn get_user(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    ok(&state.account(caller.user_id)?.user)
}

pub(super) fn update_user(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let update: UserUpdateRequest = json_body(request)?;
    if update.app_metadata.is_some() {
        let message = "Updating app_metadata requires admin privileges";
        return Err(ApiError::new(403, ErrorCode::NotAdmin, message));
    }
    let lacks_aal2 = state.lacks_aal2(&caller)?;
    let account = state.account(caller.user_id)?;
    let changes = |new: Option<&str>, old: &str| new.is_some_and(|new| !new.is_empty() && new != old);
    let sensitive = update.password.is_some()
        || changes(update.email.as_deref(), account.email())
        || changes(update.phone.as_deref(), account.phone());
    if lacks_aal2 && sensitive {
        let message = "AAL2 session is required to update email or password when MFA is enabled.";
        return Err(ApiError::new(401, ErrorCode::InsufficientAal, message));
    }
    if account.user.is_anonymous == Some(true)
        && update.password.is_some()
        && update.email.is_none()
        && update.phone.is_none()
    {
        let message = "Updating password of an anonymous user without an email or phone is not allowed";
        return Err(ApiError::new(422, ErrorCode::ValidationFailed, message));
    }
    if let Some(password) = update.password {
        State::check_password(&password)?;
        if account.password.as_ref().is_some_and(|old| old.is(&password)) {
            let message = "New password should be different from the old password.";
            return Err(ApiError::new(422, ErrorCode::SamePassword, message));
        }
        account.password = Some(Password::Plain(password));
        state.note(caller.user_id, AuditAction::UserUpdatedPassword, None);
        // Whoever knew the old one elsewhere is out.
        let Caller { user_id, session_id, .. } = caller;
        state.sessions.retain(|session| session.user_id != user_id || session.id == session_id);
    }
    if let Some(data) = &update.data {
        state.account(caller.user_id)?.merge_metadata(data);
    }
    let redirect_to = request.query("redirect_to");
    if let Some(email) = update.email {
        change_email(state, caller.user_id, &email, update.code_challenge, redirect_to)?;
    }
    if let Some(phone) = update.phone {
        change_phone(state, caller.user_id, &phone)?;
    }
    let now = state.now();
    state.note(caller.user_id, AuditAction::UserModified, None);
    let user = &mut state.account(caller.user_id)?.user;
    user.updated_at = Some(now);
    ok(user)
}

fn change_email(
    state: &mut State,
    user_id: uuid::Uuid,
    email: &str,
    challenge: Option<String>,
    redirect_to: Option<String>,
) -> Result<(), ApiError> {
    contact::email(email)?;
    let (now, confirm) = (state.now(), state.setup.confirm_addresses);
    match state.account_by_email(email).map(|account| account.user.id) {
        Some(same) if same == user_id => return Ok(()),
        Some(_) => {
            let message = "A user with this email address has already been registered";
            return Err(ApiError::new(422, ErrorCode::EmailExists, message));
        }
        None => {}
    }
    let account = state.account(user_id)?;
    if account.user.is_anonymous == Some(true) && !confirm {
        account.user.email = Some(email.to_lowercase());
        account.confirm(now);
        return state.identify(user_id, "email");
    }
    account.user.new_email = Some(email.to_lowercase());
    state.send(user_id, &Letter { otp_type: Some(OtpType::EmailChange), challenge, redirect_to })
}

fn change_phone(state: &mut State, user_id: uuid::Uuid, phone: &str) -> Result<(), ApiError> {
    contact::phone(phone)?;
    let (now, confirm) = (state.now(), state.setup.confirm_addresses);
    match state.account_by_phone(phone).map(|account| account.user.id) {
        Some(same) if same == user_id => return Ok(()),
        Some(_) => {
            let message = "A user with this phone number has already been registered";
            return Err(ApiError::new(422, ErrorCode::PhoneExists, message));
        }
        None => {}
    }
    let account = state.account(user_id)?;
    if !confirm {
        account.user.phone = Some(plain_phone(phone));
        account.user.phone_confirmed_at = Some(now);
        return state.identify(user_id, "phone");
    }
    account.user.new_phone = Some(plain_phone(phone));
    state.send(user_id, &Letter { otp_type: Some(OtpType::PhoneChange), challenge: None, redirect_to: None })
}

pub(super) fn reauthenticate(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let account = state.account(caller.user_id)?;
    if !account.is_confirmed() {
        return Err(ApiError::new(422, ErrorCode::EmailNotConfirmed, "Please verify your email first."));
    }
    state.note(caller.user_id, AuditAction::UserReauthenticateRequested, None);
    state.send(caller.user_id, &Letter { otp_type: None, challenge: None, redirect_to: None })?;
    ok(&MessageSent { message_id: None })
}

pub(super) fn sign_out(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let scope = match request.query("scope") {
        None => SignOutScope::Global,
        Some(name) => {
            name.parse().map_err(|_| ApiError::validation_failed(format!("Unsupported logout scope \"{name}\"")))?
        }
    };
    state.note(caller.user_id, AuditAction::Logout, None);
    state.sessions.retain(|session| {
        let mine = session.user_id == caller.user_id;
        let this = session.id == caller.session_id;
        match scope {
            SignOutScope::Local => !this,
            SignOutScope::Others => !mine || this,
            SignOutScope::Global => !mine,
        }
    });
    Ok(Response::new(204))
}
