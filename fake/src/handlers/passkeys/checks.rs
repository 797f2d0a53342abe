//! Checks that the passkey operations share.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    model::ErrorCode,
    state::{State, access_tokens::Caller},
    webauthn::Flaw,
    wire::ApiError,
};

pub(crate) fn refusal(flaw: Flaw) -> ApiError {
    let message = match flaw {
        Flaw::Form => "Invalid credential response",
        Flaw::Proof => "Credential verification failed",
    };
    ApiError::new(400, ErrorCode::WebauthnVerificationFailed, message)
}

/// Fails for an aal1 session if the user has a second factor.
pub(crate) fn check_level(state: &mut State, caller: &Caller) -> Result<(), ApiError> {
    if state.lacks_aal2(caller)? {
        let message = "AAL2 session is required to manage passkeys when MFA is enabled";
        return Err(ApiError::new(403, ErrorCode::InsufficientAal, message));
    }
    Ok(())
}

/// Returns the challenge that a request responds to, and the credential in the response. The credential is any JSON, as
/// the challenge is checked before it.
pub(crate) fn answer(
    state: &mut State,
    challenge_id: &str,
    credential: Option<Value>,
    user_id: Option<Uuid>,
) -> Result<(String, Value), ApiError> {
    if challenge_id.is_empty() {
        return Err(ApiError::validation_failed("challenge_id is required"));
    }
    let credential = credential.ok_or_else(|| ApiError::validation_failed("credential is required"))?;
    let id =
        Uuid::try_parse(challenge_id).map_err(|_| ApiError::validation_failed("challenge_id must be a valid UUID"))?;
    Ok((state.take_passkey_challenge(id, user_id)?, credential))
}
