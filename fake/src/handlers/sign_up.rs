//! Sign-up.

use serde_json::{Value, json};

use crate::{
    code_challenge::challenge_in_body,
    contact,
    model::{
        AuditAction, ErrorCode, OtpType,
        types::{SignUpRequest, User},
    },
    state::{
        State,
        messages::OutgoingMessage,
        rows::{
            account::check_storable,
            password::{Password, check_strength},
        },
    },
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

pub(crate) fn sign_up(state: &mut State, request: &Request) -> ApiResult {
    let sign_up: SignUpRequest = json_body(request)?;
    check_storable(sign_up.data.as_ref(), "Database error saving new user")?;
    let email = sign_up.email.unwrap_or_default();
    let phone = sign_up.phone.unwrap_or_default();
    if email.is_empty() && phone.is_empty() {
        let id = state.create_account("", "", sign_up.data)?;
        return state.sign_in(id, "anonymous");
    }
    let password = sign_up.password.unwrap_or_default();
    if password.is_empty() {
        return Err(ApiError::validation_failed("Signup requires a valid password"));
    }
    check_strength(&password)?;
    let challenge = challenge_in_body(request)?;
    if !email.is_empty() && !phone.is_empty() {
        let message = "Only an email address or phone number should be provided on signup.";
        return Err(ApiError::validation_failed(message));
    }
    if email.is_empty() {
        contact::phone(&phone)?;
    } else {
        contact::email(&email)?;
    }
    let confirm = state.settings.confirm_addresses;
    let traits = || Some(json!({ "provider": if email.is_empty() { "phone" } else { "email" } }));
    let known = if email.is_empty() { state.account_by_phone(&phone) } else { state.account_by_email(&email) };
    let id = match known {
        Some(account) if account.is_confirmed() => {
            let id = account.user.id;
            state.log_action(id, AuditAction::UserRepeatedSignup, traits());
            if !confirm {
                return Err(ApiError::new(422, ErrorCode::UserAlreadyExists, "User already registered"));
            }
            let known = state.account(id)?.user.clone();
            return ok(&invented(state, &known, sign_up.data));
        }
        Some(account) => account.user.id,
        None => {
            let id = state.create_account(&email, &phone, sign_up.data)?;
            state.account(id)?.password = Some(Password::Plain(password));
            id
        }
    };
    let now = state.now();
    if !confirm {
        state.account(id)?.confirm(now);
        state.log_action(id, AuditAction::UserSignedup, traits());
        state.log_action(id, AuditAction::Login, traits());
        return state.sign_in_new_user(id);
    }
    state.log_action(id, AuditAction::UserConfirmationRequested, traits());
    let otp_type = if email.is_empty() { OtpType::Sms } else { OtpType::Signup };
    state.send(
        id,
        &OutgoingMessage { otp_type: Some(otp_type), challenge, redirect_to: state.settings.redirect_to(request) },
    )?;
    let user = &state.account(id)?.user;
    if user.invited_at.is_some() {
        // A sign-up must not reveal that the address was invited.
        return ok(&User { user_metadata: Some(json!({})), identities: Some(Vec::new()), ..user.clone() });
    }
    ok(user)
}

/// Returns a made-up user, which reveals nothing about the owner of the address.
fn invented(state: &mut State, known: &User, data: Option<Value>) -> User {
    let (id, now) = (state.random.id(), state.now());
    let provider = if known.email.as_deref().unwrap_or_default().is_empty() { "phone" } else { "email" };
    User {
        id,
        role: Some(String::new()),
        confirmation_sent_at: Some(now),
        created_at: Some(now),
        updated_at: Some(now),
        identities: Some(Vec::new()),
        user_metadata: Some(data.unwrap_or_else(|| json!({}))),
        app_metadata: Some(json!({ "provider": provider, "providers": [provider] })),
        email_confirmed_at: None,
        phone_confirmed_at: None,
        confirmed_at: None,
        invited_at: None,
        last_sign_in_at: None,
        ..known.clone()
    }
}
