//! Sign-in with a passkey.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    handlers::passkeys::checks::{answer, refusal},
    model::{AuditAction, ErrorCode, UserVerification, types::PasskeyAuthenticationOptions},
    state::{
        State,
        rows::{account::Account, passkey::PasskeyRow},
        table::Key,
    },
    webauthn::{Assertion, Flaw},
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

/// The response to a challenge.
#[derive(Default, Deserialize)]
#[serde(default, rename = "PasskeyAuthenticationVerifyParams")]
struct Answer {
    challenge_id: String,
    credential: Option<Value>,
}

pub(crate) fn options(state: &mut State) -> ApiResult {
    if state.settings.relying_party.id.is_empty() {
        let message = "Failed to generate WebAuthn authentication options";
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, message));
    }
    let (challenge_id, challenge, expires_at) = state.challenge_passkey(None);
    let mut options = state.settings.relying_party.request_options(challenge);
    options.user_verification = Some(UserVerification::Preferred);
    ok(&PasskeyAuthenticationOptions { challenge_id, options, expires_at: Some(expires_at.timestamp()) })
}

pub(crate) fn authenticate(state: &mut State, request: &Request) -> ApiResult {
    let Answer { challenge_id, credential } = json_body(request)?;
    let (challenge, credential) = answer(state, &challenge_id, credential, None)?;
    let assertion = Assertion::read(credential).map_err(refusal)?;
    let now = state.now();
    let owner = assertion.user_handle.ok_or_else(|| refusal(Flaw::Proof))?;
    let is_it = |row: &&PasskeyRow| row.credential.id == assertion.credential_id;
    let row = state.passkeys_of(owner).find(is_it).ok_or_else(|| refusal(Flaw::Proof))?;
    state.settings.relying_party.check_used(&challenge, &assertion, &row.credential).map_err(refusal)?;
    let (user_id, passkey_id) = (row.user_id, row.passkey.id);
    check_welcome(state.account(user_id)?, now)?;
    if let Some(row) = state.passkeys.find_mut(&Key::Id(passkey_id)) {
        row.passkey.last_used_at = Some(now);
    }
    state.log_action(user_id, AuditAction::Login, Some(json!({ "passkey_id": passkey_id })));
    state.sign_in(user_id, "passkey")
}

/// Checks that the user is confirmed and not banned, which a passkey does not replace.
fn check_welcome(account: &Account, now: DateTime<Utc>) -> Result<(), ApiError> {
    let refuse = |code, message| Err(ApiError::new(403, code, message));
    if !account.email().is_empty() && account.user.email_confirmed_at.is_none() {
        return refuse(ErrorCode::EmailNotConfirmed, "Email not confirmed");
    }
    if !account.phone().is_empty() && account.user.phone_confirmed_at.is_none() {
        return refuse(ErrorCode::PhoneNotConfirmed, "Phone not confirmed");
    }
    if account.user.banned_until.is_some_and(|until| until > now) {
        return refuse(ErrorCode::UserBanned, "User is banned");
    }
    Ok(())
}
