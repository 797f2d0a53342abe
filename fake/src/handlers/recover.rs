//! Password recovery.

use crate::{
    code_challenge::challenge_in_body,
    contact,
    model::{
        AuditAction, OtpType,
        types::{MessageSent, RecoverRequest},
    },
    state::{State, messages::OutgoingMessage},
    wire::{ApiError, ApiResult, Request, json_body_with, ok},
};

pub(crate) fn recover(state: &mut State, request: &Request) -> ApiResult {
    let recover: RecoverRequest = json_body_with(request, &["email"])?;
    if recover.email.is_empty() {
        return Err(ApiError::validation_failed("Password recovery requires an email"));
    }
    let challenge = challenge_in_body(request)?;
    contact::email(&recover.email)?;
    if let Some(id) = state.account_by_email(&recover.email).map(|account| account.user.id) {
        let redirect_to = state.settings.redirect_to(request);
        state.log_action(id, AuditAction::UserRecoveryRequested, None);
        state.send(id, &OutgoingMessage { otp_type: Some(OtpType::Recovery), challenge, redirect_to })?;
    }
    ok(&MessageSent { message_id: None })
}
