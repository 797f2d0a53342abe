//! The signed-in user.

use chrono::Duration;
use gotrue::Secret;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    code_challenge::Challenge,
    contact,
    mailbox::Template,
    model::{AuditAction, ErrorCode, OtpType, types::User},
    state::{
        State,
        access_tokens::Caller,
        accounts::EMAIL_TAKEN,
        messages::{OutgoingMessage, token_hash},
        notifications::Detail,
        rows::{account::SentCode, password::Password},
        storable::check_json,
        table::Key,
    },
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

pub(crate) fn get_user(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    if state.is_elsewhere(request, &caller) {
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
    nonce: Secret,
    current_password: Option<Secret>,
    code_challenge: String,
    code_challenge_method: String,
}

/// A validated change of a user. An empty address or number counts as absent.
struct Update {
    email: Option<String>,
    phone: Option<String>,
    password: Option<Secret>,
    data: Option<Value>,
    challenge: Option<Challenge>,
    redirect_to: String,
    /// The code of a reauthentication.
    nonce: Secret,
    current_password: Option<Secret>,
}

/// `PUT /user`. Everything is checked before anything changes.
pub(crate) fn update_user(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let update = read_update(state, request)?;
    check_update(state, &caller, &state.aud_of(request, &caller), &update)?;
    let user_id = caller.user_id;
    let confirmed_at = state.account(user_id)?.user.confirmed_at;
    if update.password.is_some() && needs_reauthentication(state, &caller) {
        state.account(user_id)?.drop_codes(None);
    }
    if let Some(password) = update.password {
        let is_first = state.account(user_id)?.password.is_none();
        state.account(user_id)?.set_password(Password::Plain(password));
        state.log_action(user_id, AuditAction::UserUpdatedPassword, None);
        if is_first && state.settings.email_identity_on_password {
            state.add_email_identity(user_id)?;
        }
        state.notify(user_id, Template::PasswordChanged, &Detail::default());
        // A new password ends the other sessions.
        state.sessions.retain_with(&Key::User(user_id), |session| session.id == caller.session_id);
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
    state.log_action(user_id, AuditAction::UserModified, None);
    let user = &mut state.account(user_id)?.user;
    user.updated_at = Some(now);
    // The database computes this field, and the server does not read it again.
    ok(&User { confirmed_at, ..user.clone() })
}

fn read_update(state: &mut State, request: &Request) -> Result<Update, ApiError> {
    let update: Params = json_body(request)?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let email = given(update.email).map(|email| contact::email(&email)).transpose()?;
    let phone = given(update.phone).map(|phone| contact::phone(&phone)).transpose()?;
    phone.as_ref().map_or(Ok(()), |_| contact::check_channel(&update.channel))?;
    update.password.as_ref().map_or(Ok(()), |password| state.check_strength(password))?;
    check_json(update.data.as_ref(), "Error updating user")?;
    if update.app_metadata.is_some() {
        let message = "Updating app_metadata requires admin privileges";
        return Err(ApiError::new(403, ErrorCode::NotAdmin, message));
    }
    // The server does not check the challenge here, except for its method.
    let challenge = Challenge::new(update.code_challenge, update.code_challenge_method);
    Ok(Update {
        email,
        phone,
        password: update.password,
        data: update.data,
        challenge: Some(challenge).filter(Challenge::is_given),
        redirect_to: state.settings.redirect_to(request),
        nonce: update.nonce,
        current_password: update.current_password,
    })
}

/// Fails if the change is not allowed. Fields that stay the same are not checked.
fn check_update(state: &mut State, caller: &Caller, aud: &str, update: &Update) -> Result<(), ApiError> {
    let (lacks_aal2, confirm) = (state.lacks_aal2(caller)?, !state.settings.autoconfirm_emails);
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
    let changes_access = update.password.as_ref().is_some_and(|password| !password.is_empty())
        || email.is_some()
        || phone.is_some()
        || !update.nonce.is_empty();
    if account.is_separate && changes_access {
        let message = "Updating email, phone, password of a SSO account only possible via SSO";
        return Err(ApiError::new(422, ErrorCode::UserSsoManaged, message));
    }
    if update.password.is_some() {
        check_password_change(state, caller, update)?;
    }
    let account = state.account(caller.user_id)?;
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
        state.check_interval(sent_at.0, state.settings.email_codes.interval, false)?;
    }
    if phone.is_some() && !state.settings.autoconfirm_phones {
        state.check_interval(sent_at.1, state.settings.phone_codes.interval, true)?;
    }
    Ok(())
}

/// Returns whether a new password needs a reauthentication: the session is a day old.
fn needs_reauthentication(state: &State, caller: &Caller) -> bool {
    let session = state.sessions.find(&Key::Id(caller.session_id));
    state.settings.reauthenticate_for_password
        && session.is_none_or(|session| state.now() > session.created_at + Duration::hours(24))
}

/// Fails if a new password needs a reauthentication or the current password.
fn check_password_change(state: &mut State, caller: &Caller, update: &Update) -> Result<(), ApiError> {
    let (now, lifetime) = (state.now(), state.settings.email_codes.lifetime);
    if needs_reauthentication(state, caller) {
        if update.nonce.is_empty() {
            let message = "Password update requires reauthentication";
            return Err(ApiError::new(400, ErrorCode::ReauthenticationNeeded, message));
        }
        let account = state.account(caller.user_id)?;
        let fits = |code: &SentCode| {
            code.otp_type.is_none()
                && code.hash == token_hash(&code.address, update.nonce.expose())
                && now - code.sent_at < lifetime
        };
        if !account.codes.iter().any(fits) {
            let message = "Nonce has expired or is invalid";
            return Err(ApiError::new(422, ErrorCode::ReauthenticationNotValid, message));
        }
    }
    let is_recovering =
        state.sessions.find(&Key::Id(caller.session_id)).is_some_and(|session| session.method == "recovery");
    if !state.settings.current_password_for_password || is_recovering {
        return Ok(());
    }
    let Some(password) = state.account(caller.user_id)?.password.clone() else { return Ok(()) };
    let refuse = |code| Err(ApiError::new(400, code, "Current password required when setting new password."));
    match &update.current_password {
        None => refuse(ErrorCode::CurrentPasswordRequired),
        Some(current) if current.is_empty() => refuse(ErrorCode::CurrentPasswordRequired),
        Some(current) if !password.is(current) => refuse(ErrorCode::CurrentPasswordInvalid),
        Some(_) => Ok(()),
    }
}

fn change_email(
    state: &mut State,
    user_id: Uuid,
    email: String,
    challenge: Option<Challenge>,
    redirect_to: String,
) -> Result<(), ApiError> {
    let confirm = !state.settings.autoconfirm_emails;
    let account = state.account(user_id)?;
    if account.email() == email {
        return Ok(());
    }
    let is_anonymous = account.user.is_anonymous == Some(true);
    account.user.new_email = Some(email);
    if is_anonymous && !confirm {
        return state.confirm_email_change(user_id);
    }
    state.send(user_id, &OutgoingMessage { otp_type: Some(OtpType::EmailChange), challenge, redirect_to })?;
    Ok(())
}

fn change_phone(state: &mut State, user_id: Uuid, phone: String) -> Result<(), ApiError> {
    let confirm = !state.settings.autoconfirm_phones;
    let account = state.account(user_id)?;
    if account.phone() == phone {
        return Ok(());
    }
    account.user.new_phone = Some(phone);
    if !confirm {
        return state.confirm_phone_change(user_id);
    }
    let redirect_to = state.settings.site_url.clone();
    state.send(user_id, &OutgoingMessage { otp_type: Some(OtpType::PhoneChange), challenge: None, redirect_to })?;
    Ok(())
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
    state.log_action(caller.user_id, AuditAction::UserReauthenticateRequested, None);
    let redirect_to = state.settings.site_url.clone();
    ok(&state.send(caller.user_id, &OutgoingMessage { otp_type: None, challenge: None, redirect_to })?)
}
