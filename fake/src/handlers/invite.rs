//! Invitations.

use serde_json::json;

use crate::{
    contact,
    model::{AuditAction, ErrorCode, OtpType, types::InviteRequest},
    state::{State, messages::OutgoingMessage},
    wire::{ApiError, ApiResult, Request, json_body_with, ok},
};

pub(crate) fn invite(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let invite: InviteRequest = json_body_with(request, &["email"])?;
    contact::email(&invite.email)?;
    let aud = &state.request_aud(request);
    let id = match state.account_by_email(&invite.email, aud) {
        Some(account) if account.has_confirmed_email() => {
            let message = "A user with this email address has already been registered";
            return Err(ApiError::new(422, ErrorCode::EmailExists, message));
        }
        Some(account) => account.user.id,
        None => state.create_invited(&invite.email, invite.data, aud)?,
    };
    let now = state.now();
    state.account(id)?.user.invited_at = Some(now);
    state.log_admin_action(
        AuditAction::UserInvited,
        json!({ "user_id": id, "user_email": invite.email.to_lowercase() }),
    );
    let redirect_to = state.settings.redirect_to(request);
    state.send(id, &OutgoingMessage { otp_type: Some(OtpType::Invite), challenge: None, redirect_to })?;
    ok(&state.account(id)?.user)
}
