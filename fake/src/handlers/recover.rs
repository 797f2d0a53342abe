//! Password recovery.

use serde::Deserialize;

use crate::{
    code_challenge::Challenge,
    contact,
    model::{AuditAction, ErrorCode, OtpType, types::MessageSent},
    state::{State, messages::OutgoingMessage},
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

#[derive(Default, Deserialize)]
#[serde(default, rename = "RecoverParams")]
struct Recover {
    email: String,
    code_challenge: String,
    code_challenge_method: String,
}

pub(crate) fn recover(state: &mut State, request: &Request) -> ApiResult {
    if !state.settings.email {
        return Err(ApiError::new(400, ErrorCode::EmailProviderDisabled, "Email logins are disabled"));
    }
    let recover: Recover = json_body(request)?;
    if recover.email.is_empty() {
        return Err(ApiError::validation_failed("Password recovery requires an email"));
    }
    contact::email(&recover.email)?;
    let challenge = Challenge::new(recover.code_challenge, recover.code_challenge_method).check()?;
    let aud = state.request_aud(request);
    let known = state.account_by_email(&recover.email, &aud);
    if let Some(id) = known.map(|account| account.user.id) {
        let redirect_to = state.settings.redirect_to(request);
        state.log_action(id, AuditAction::UserRecoveryRequested, None);
        state.send(id, &OutgoingMessage { otp_type: Some(OtpType::Recovery), challenge, redirect_to })?;
    }
    ok(&MessageSent { message_id: None })
}
