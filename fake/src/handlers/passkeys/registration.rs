//! Registering a passkey.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    handlers::passkeys::checks::{answer, check_level, refusal},
    model::{
        AttestationConveyance, AuditAction, ErrorCode, ResidentKey, UserVerification,
        types::{AuthenticatorSelection, Passkey, PasskeyRegistrationOptions},
    },
    state::{
        State,
        access_tokens::Caller,
        rows::{account::Account, passkey::PasskeyRow},
    },
    webauthn::name_of,
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

/// The response to a challenge.
#[derive(Default, Deserialize)]
#[serde(default, rename = "PasskeyRegistrationVerifyParams")]
struct Answer {
    challenge_id: String,
    credential: Option<Value>,
}

pub(crate) fn options(state: &mut State, request: &Request) -> ApiResult {
    let caller = registering_caller(state, request)?;
    if state.passkeys_of(caller.user_id).count() >= state.settings.max_passkeys {
        return Err(too_many());
    }
    if !state.settings.relying_party.is_named() {
        let message = "Failed to generate WebAuthn registration options";
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, message));
    }
    let (challenge_id, challenge, expires_at) = state.challenge_passkey(Some(caller.user_id));
    let exclude: Vec<_> = state.passkeys_of(caller.user_id).map(|row| row.credential.descriptor()).collect();
    let (name, display_name) = names(state.account(caller.user_id)?);
    let mut options =
        state.settings.relying_party.creation_options(challenge, caller.user_id, name.clone(), display_name);
    options.attestation = Some(AttestationConveyance::None);
    options.authenticator_selection = Some(AuthenticatorSelection {
        resident_key: Some(ResidentKey::Required),
        user_verification: Some(UserVerification::Preferred),
        authenticator_attachment: None,
        require_resident_key: None,
    });
    options.exclude_credentials = Some(exclude).filter(|exclude| !exclude.is_empty());
    ok(&PasskeyRegistrationOptions { challenge_id, options, expires_at: Some(expires_at.timestamp()) })
}

pub(crate) fn register(state: &mut State, request: &Request) -> ApiResult {
    let caller = registering_caller(state, request)?;
    let Answer { challenge_id, credential } = json_body(request)?;
    let (challenge, credential) = answer(state, &challenge_id, credential, Some(caller.user_id))?;
    let credential = state.settings.relying_party.check_new(&challenge, credential).map_err(refusal)?;
    if state.passkeys_of(caller.user_id).count() >= state.settings.max_passkeys {
        return Err(too_many());
    }
    if state.passkeys.iter().any(|row| row.credential.id == credential.id) {
        let message = "This credential is already registered";
        return Err(ApiError::new(422, ErrorCode::WebauthnCredentialExists, message));
    }
    let passkey = Passkey {
        id: state.random.id(),
        friendly_name: Some(name_of(credential.aaguid).to_owned()),
        created_at: Some(state.now()),
        last_used_at: None,
    };
    let response = ok(&passkey);
    state.log_action(caller.user_id, AuditAction::PasskeyCreated, Some(json!({ "passkey_id": passkey.id })));
    state.passkeys.push(PasskeyRow { user_id: caller.user_id, passkey, credential });
    response
}

fn registering_caller(state: &mut State, request: &Request) -> Result<Caller, ApiError> {
    let caller = state.named_caller(request)?;
    if state.account(caller.user_id)?.is_separate {
        let message = "SSO users cannot register passkeys";
        return Err(ApiError::new(422, ErrorCode::ValidationFailed, message));
    }
    check_level(state, &caller)?;
    Ok(caller)
}

/// Returns the name and display name of the user for an authenticator.
pub(crate) fn names(account: &Account) -> (String, String) {
    let name = if account.email().is_empty() { account.phone() } else { account.email() };
    let given = account.user.user_metadata.as_ref().and_then(|data| data["name"].as_str());
    (name.to_owned(), given.filter(|given| !given.is_empty()).unwrap_or(name).to_owned())
}

fn too_many() -> ApiError {
    ApiError::new(422, ErrorCode::TooManyPasskeys, "Maximum number of passkeys reached")
}
