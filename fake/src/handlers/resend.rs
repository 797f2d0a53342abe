//! Sending a code or link again.

use serde::Deserialize;

use crate::{
    code_challenge::Challenge,
    contact,
    model::{AuditAction, ErrorCode, OtpType, types::MessageSent},
    state::{State, messages::OutgoingMessage},
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

#[derive(Default, Deserialize)]
#[serde(default, rename = "ResendConfirmationParams")]
struct Resend {
    #[serde(rename = "type")]
    type_: String,
    email: String,
    phone: String,
    code_challenge: String,
    code_challenge_method: String,
}

pub(crate) fn resend(state: &mut State, request: &Request) -> ApiResult {
    let resend: Resend = json_body(request)?;
    let is_by_email = ["signup", "email_change"].contains(&resend.type_.as_str());
    let challenge = Challenge::new(resend.code_challenge.clone(), resend.code_challenge_method.clone());
    let challenge = if is_by_email { challenge.check()? } else { None };
    check_resend(&resend)?;
    check_enabled(state, &resend)?;
    let aud = &state.request_aud(request);
    let account = if resend.email.is_empty() {
        contact::phone(&resend.phone)?;
        state.account_by_phone(&resend.phone, aud)
    } else {
        contact::email(&resend.email)?;
        state.account_by_email(&resend.email, aud)
    };
    let Some(account) = account else { return ok(&MessageSent { message_id: None }) };
    let id = account.user.id;
    let (otp_type, is_wanted) = match resend.type_.as_str() {
        "signup" => (OtpType::Signup, !account.has_confirmed_email()),
        "sms" => (OtpType::Sms, !account.has_confirmed_phone()),
        "email_change" => (OtpType::EmailChange, account.user.new_email.is_some()),
        _ => (OtpType::PhoneChange, account.user.new_phone.is_some()),
    };
    if is_wanted {
        let redirect_to = state.settings.redirect_to(request);
        match otp_type {
            OtpType::Signup => state.log_action(id, AuditAction::UserConfirmationRequested, None),
            OtpType::Sms => state.log_action(id, AuditAction::UserRecoveryRequested, None),
            _ => {}
        }
        return ok(&state.send(id, &OutgoingMessage { otp_type: Some(otp_type), challenge, redirect_to })?);
    }
    ok(&MessageSent { message_id: None })
}

fn check_enabled(state: &State, resend: &Resend) -> Result<(), ApiError> {
    if !resend.email.is_empty() && !state.settings.email {
        return Err(ApiError::new(400, ErrorCode::EmailProviderDisabled, "Email logins are disabled"));
    }
    if !resend.phone.is_empty() && !state.settings.phone {
        return Err(ApiError::new(400, ErrorCode::PhoneProviderDisabled, "Phone logins are disabled"));
    }
    Ok(())
}

fn check_resend(resend: &Resend) -> Result<(), ApiError> {
    let (no_email, no_phone) = (resend.email.is_empty(), resend.phone.is_empty());
    let message = match resend.type_.as_str() {
        "signup" if no_email => "Type provided requires an email address",
        "sms" if no_phone => "Type provided requires a phone number",
        "signup" | "sms" | "email_change" | "phone_change" if no_email && no_phone => {
            "Missing email address or phone number"
        }
        "signup" | "sms" | "email_change" | "phone_change" if no_email || no_phone => return Ok(()),
        "signup" | "sms" | "email_change" | "phone_change" => {
            "Only an email address or phone number should be provided."
        }
        _ => "Missing one of these types: signup, email_change, sms, phone_change",
    };
    Err(ApiError::validation_failed(message))
}
