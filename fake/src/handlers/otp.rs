//! One-time codes and magic links.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    code_challenge::Challenge,
    contact,
    handlers::sign_up::check_sign_up,
    model::{AuditAction, ErrorCode, OtpType, types::MessageSent},
    state::{State, accounts::Contact, messages::OutgoingMessage, rows::password::Password},
    wire::{ApiError, ApiResult, Request, json_body, json_stream, ok},
};

#[derive(Deserialize)]
#[serde(rename = "OtpParams")]
struct Otp {
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    channel: String,
    create_user: Option<bool>,
    data: Option<Value>,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
}

pub(crate) fn send_otp(state: &mut State, request: &Request) -> ApiResult {
    let otp: Otp = json_body(request)?;
    if !otp.email.is_empty() && !otp.phone.is_empty() {
        return Err(ApiError::validation_failed("Only an email address or phone number should be provided"));
    }
    if !otp.email.is_empty() && !otp.channel.is_empty() {
        return Err(ApiError::validation_failed("Channel should only be specified with Phone OTP"));
    }
    let challenge = Challenge::new(otp.code_challenge.clone(), otp.code_challenge_method.clone()).check()?;
    if otp.create_user == Some(false) {
        check_known(state, request, &otp)?;
    }
    if !otp.email.is_empty() {
        check_links(state)?;
        contact::email(&otp.email)?;
        return send_link(state, request, &otp.email, otp.data, challenge);
    }
    if otp.phone.is_empty() {
        return Err(ApiError::validation_failed("One of email or phone must be set"));
    }
    if !state.settings.phone {
        return Err(ApiError::new(400, ErrorCode::PhoneProviderDisabled, "Unsupported phone provider"));
    }
    let phone = contact::phone(&otp.phone)?;
    contact::check_channel(&otp.channel)?;
    send_sms(state, request, phone, otp.data)
}

/// Fails for an unknown or malformed address, as the server does if it must not create a user.
fn check_known(state: &mut State, request: &Request, otp: &Otp) -> Result<(), ApiError> {
    let aud = &state.request_aud(request);
    let is_known = match (otp.email.as_str(), otp.phone.as_str()) {
        ("", "") => true,
        ("", phone) => contact::phone(phone).is_ok() && state.account_by_phone(phone, aud).is_some(),
        (email, _) => contact::email(email).is_ok() && state.account_by_email(email, aud).is_some(),
    };
    let refuse = || ApiError::new(422, ErrorCode::OtpDisabled, "Signups not allowed for otp");
    if is_known { Ok(()) } else { Err(refuse()) }
}

/// Sends a magic link. A user who is new or not confirmed is signed up first, so that the link confirms the address.
fn send_link(
    state: &mut State,
    request: &Request,
    email: &str,
    data: Option<Value>,
    challenge: Option<Challenge>,
) -> ApiResult {
    let (aud, now, confirm) = (&state.request_aud(request), state.now(), !state.settings.autoconfirm_emails);
    let known = state.account_by_email(email, aud).map(|account| (account.user.id, account.has_confirmed_email()));
    let redirect_to = state.settings.redirect_to(request);
    let id = match known {
        Some((id, true)) => id,
        not_confirmed => {
            check_sign_up(state)?;
            if let Some(challenge) = challenge.as_ref().filter(|_| confirm) {
                challenge.hash().ok_or_else(ApiError::unforeseen)?;
            }
            let id = match not_confirmed {
                Some((id, _)) => id,
                None => sign_up(state, &Contact::Email(email.to_lowercase()), data, aud)?,
            };
            if confirm {
                let traits = json!({ "provider": "email" });
                state.log_action(id, AuditAction::UserConfirmationRequested, Some(traits));
                return ok(
                    &state.send(id, &OutgoingMessage { otp_type: Some(OtpType::Signup), challenge, redirect_to })?
                );
            }
            state.account(id)?.confirm_email(now);
            // The server also starts a session, but returns its tokens to no one.
            state.start_session(id, "password", None)?;
            id
        }
    };
    state.log_action(id, AuditAction::UserRecoveryRequested, None);
    ok(&state.send(id, &OutgoingMessage { otp_type: Some(OtpType::Magiclink), challenge, redirect_to })?)
}

/// Sends a code to a phone. A user who is new or not confirmed is signed up first.
fn send_sms(state: &mut State, request: &Request, phone: String, data: Option<Value>) -> ApiResult {
    let (aud, now, confirm) = (&state.request_aud(request), state.now(), !state.settings.autoconfirm_phones);
    let known = state.account_by_phone(&phone, aud).map(|account| (account.user.id, account.has_confirmed_phone()));
    if !known.is_some_and(|(_, is_confirmed)| is_confirmed) {
        check_sign_up(state)?;
    }
    let id = match known {
        Some((id, _)) => id,
        None => sign_up(state, &Contact::Phone(phone), data, aud)?,
    };
    let is_confirmed = known.is_some_and(|(_, is_confirmed)| is_confirmed);
    if !is_confirmed && !confirm {
        state.account(id)?.confirm_phone(now);
        state.start_session(id, "password", None)?;
    }
    if is_confirmed || !confirm {
        state.log_action(id, AuditAction::UserRecoveryRequested, Some(json!({ "channel": "sms" })));
    } else {
        state.log_action(id, AuditAction::UserConfirmationRequested, Some(json!({ "provider": "phone" })));
    }
    let redirect_to = state.settings.site_url.clone();
    let sent = state.send(id, &OutgoingMessage { otp_type: Some(OtpType::Sms), challenge: None, redirect_to })?;
    // The response to a sign-up is empty.
    if is_confirmed || !confirm { ok(&sent) } else { ok(&MessageSent { message_id: None }) }
}

/// Fails if sign-in by link is disabled.
fn check_links(state: &State) -> Result<(), ApiError> {
    let message = match &state.settings {
        settings if !settings.email => "Email logins are disabled",
        settings if !settings.magic_links => "Login with magic link is disabled",
        _ => return Ok(()),
    };
    Err(ApiError::new(422, ErrorCode::EmailProviderDisabled, message))
}

/// Creates a user with a random password.
fn sign_up(state: &mut State, contact: &Contact, data: Option<Value>, aud: &str) -> Result<Uuid, ApiError> {
    let id = state.create_account(contact, data, aud)?;
    let password = state.random.challenge();
    state.account(id)?.password = Some(Password::Plain(password.into()));
    Ok(id)
}

#[derive(Default, Deserialize)]
#[serde(default, rename = "MagicLinkParams")]
struct MagicLink {
    email: String,
    data: Option<Value>,
    code_challenge: String,
    code_challenge_method: String,
}

pub(crate) fn send_magic_link(state: &mut State, request: &Request) -> ApiResult {
    check_links(state)?;
    let link: MagicLink = json_stream(request)
        .map_err(|why| ApiError::new(400, ErrorCode::BadJson, format!("Could not read verification params: {why}")))?;
    if link.email.is_empty() {
        return Err(ApiError::new(422, ErrorCode::ValidationFailed, "Password recovery requires an email"));
    }
    contact::email(&link.email)?;
    let challenge = Challenge::new(link.code_challenge, link.code_challenge_method).check()?;
    send_link(state, request, &link.email, link.data, challenge)
}
