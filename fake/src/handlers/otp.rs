//! One-time codes and magic links.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    code_challenge::challenge_in_body,
    contact,
    model::{
        AuditAction, ErrorCode, OtpType,
        types::{MagicLinkRequest, MessageSent},
    },
    state::{State, messages::OutgoingMessage},
    wire::{ApiError, ApiResult, Request, json_body, json_body_with, ok},
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
}

pub(crate) fn send_otp(state: &mut State, request: &Request) -> ApiResult {
    let otp: Otp = json_body(request)?;
    let create = otp.create_user.unwrap_or(true);
    if !otp.email.is_empty() && !otp.phone.is_empty() {
        return Err(ApiError::validation_failed("Only an email address or phone number should be provided"));
    }
    if !otp.email.is_empty() && !otp.channel.is_empty() {
        return Err(ApiError::validation_failed("Channel should only be specified with Phone OTP"));
    }
    let challenge = challenge_in_body(request)?;
    if !otp.email.is_empty() {
        let (id, otp_type) = link_to(state, &otp.email, otp.data, create)?;
        let redirect_to = state.settings.redirect_to(request);
        state.log_action(id, AuditAction::UserRecoveryRequested, None);
        state.send(id, &OutgoingMessage { otp_type: Some(otp_type), challenge, redirect_to })?;
        return sent();
    }
    if otp.phone.is_empty() {
        return Err(ApiError::validation_failed("One of email or phone must be set"));
    }
    contact::phone(&otp.phone)?;
    contact::check_channel(&otp.channel)?;
    let id = match state.account_by_phone(&otp.phone) {
        Some(account) => account.user.id,
        None if !create => return Err(no_sign_up_by_otp()),
        None => state.create_account("", &otp.phone, otp.data)?,
    };
    state.log_action(id, AuditAction::UserRecoveryRequested, Some(json!({ "channel": "sms" })));
    state.send(
        id,
        &OutgoingMessage {
            otp_type: Some(OtpType::Sms),
            challenge: None,
            redirect_to: state.settings.site_url.clone(),
        },
    )?;
    sent()
}

/// Finds or creates the user for a link. Returns the type of the link too: a sign-up if the address is not confirmed
/// yet.
fn link_to(state: &mut State, email: &str, data: Option<Value>, create: bool) -> Result<(Uuid, OtpType), ApiError> {
    contact::email(email)?;
    let (now, confirm) = (state.now(), state.settings.confirm_addresses);
    let id = match state.account_by_email(email) {
        Some(account) => account.user.id,
        None if !create => return Err(no_sign_up_by_otp()),
        None => state.create_account(email, "", data)?,
    };
    let account = state.account(id)?;
    if !confirm {
        account.confirm(now);
    }
    Ok((id, if account.is_confirmed() { OtpType::Magiclink } else { OtpType::Signup }))
}

fn no_sign_up_by_otp() -> ApiError {
    ApiError::new(422, ErrorCode::OtpDisabled, "Signups not allowed for otp")
}

pub(crate) fn send_magic_link(state: &mut State, request: &Request) -> ApiResult {
    let link: MagicLinkRequest = json_body_with(request, &["email"])?;
    if link.email.is_empty() {
        return Err(ApiError::new(422, ErrorCode::ValidationFailed, "Password recovery requires an email"));
    }
    let challenge = challenge_in_body(request)?;
    let (id, otp_type) = link_to(state, &link.email, link.data, true)?;
    let redirect_to = state.settings.redirect_to(request);
    state.log_action(id, AuditAction::UserRecoveryRequested, None);
    state.send(id, &OutgoingMessage { otp_type: Some(otp_type), challenge, redirect_to })?;
    sent()
}

/// Returns the response, which is the same whether or not a message was sent.
fn sent() -> ApiResult {
    ok(&MessageSent { message_id: None })
}
