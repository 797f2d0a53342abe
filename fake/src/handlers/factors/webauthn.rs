//! Security keys and platform authenticators.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    model::{
        AuthenticatorTransport, ErrorCode, WebAuthnCeremony,
        types::{AuthenticatorSelection, CredentialOptions, Factor, LastWebAuthnChallenge, WebAuthnChallenge},
    },
    state::{
        State,
        rows::factor::{ChallengeRow, Proof},
    },
    webauthn::{Assertion, Credential, Flaw},
    wire::ApiError,
};

/// The response of an authenticator. The credential is any JSON at first, as the challenge is checked before it.
#[derive(Default, Deserialize)]
pub(crate) struct WebAuthnAnswer {
    #[serde(default, rename = "type")]
    ceremony: String,
    #[serde(default)]
    credential_response: Value,
}

/// Creates a challenge: to create a credential for an unverified factor, or else to use one.
pub(crate) fn challenge(
    state: &mut State,
    user_id: Uuid,
    verified: bool,
) -> Result<(String, WebAuthnChallenge), ApiError> {
    let (nonce, known) = (state.random.challenge(), state.factor_credentials(user_id)?);
    let name = state.account(user_id)?.email().to_owned();
    let site = &state.settings.relying_party;
    let known = known.iter().map(Credential::descriptor);
    if verified {
        let mut options = site.request_options(nonce.clone());
        options.allow_credentials = Some(known.collect());
        return Ok((
            nonce,
            WebAuthnChallenge {
                type_: WebAuthnCeremony::Request,
                credential_options: CredentialOptions { mediation: None, public_key: options.into() },
            },
        ));
    }
    if !site.is_named() {
        let message = "Failed to generate WebAuthn registration data";
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, message));
    }
    let mut options = site.creation_options(nonce.clone(), user_id, name.clone(), name);
    let mut excluded: Vec<_> = known.collect();
    for credential in &mut excluded {
        credential.transports = Some(vec![AuthenticatorTransport::Usb, AuthenticatorTransport::Nfc]);
    }
    options.exclude_credentials = Some(excluded).filter(|excluded| !excluded.is_empty());
    options.authenticator_selection = Some(AuthenticatorSelection {
        authenticator_attachment: None,
        require_resident_key: None,
        resident_key: None,
        user_verification: None,
    });
    Ok((
        nonce,
        WebAuthnChallenge {
            type_: WebAuthnCeremony::Create,
            credential_options: CredentialOptions { mediation: None, public_key: options.into() },
        },
    ))
}

/// Checks that the response is complete.
pub(crate) fn whole(answer: Option<WebAuthnAnswer>) -> Result<WebAuthnAnswer, ApiError> {
    let answer = answer.ok_or_else(|| ApiError::validation_failed("WebAuthn config required"))?;
    if answer.ceremony != "create" && answer.ceremony != "request" {
        return Err(ApiError::validation_failed("WebAuthn type must be create or request"));
    }
    if answer.credential_response.is_null() {
        return Err(ApiError::validation_failed("credential_response required"));
    }
    Ok(answer)
}

/// Verifies the response of the authenticator, and stores a new credential.
pub(crate) fn verify(
    state: &mut State,
    user_id: Uuid,
    factor: &Factor,
    challenge: &ChallengeRow,
    answer: WebAuthnAnswer,
) -> Result<(), ApiError> {
    let last = last_challenge(state, user_id, factor, challenge, &answer);
    let aaguid = if answer.ceremony == "create" {
        Some(create(state, factor, challenge, answer.credential_response)?)
    } else {
        request(state, user_id, challenge, answer.credential_response)?;
        factor.web_authn_aaguid
    };
    state.change_factor(user_id, factor.id, |factor| {
        factor.web_authn_aaguid = aaguid;
        factor.last_webauthn_challenge_data = Some(last);
    })
}

fn create(state: &mut State, factor: &Factor, challenge: &ChallengeRow, credential: Value) -> Result<Uuid, ApiError> {
    let message = "Unexpected failure, please check server logs for more information";
    // The credential of a verified factor cannot be replaced.
    if factor.is_verified() {
        return Err(refusal(Flaw::Proof, message));
    }
    let made = state.settings.relying_party.check_new(&challenge.nonce, credential);
    let made = made.map_err(|flaw| refusal(flaw, message))?;
    let aaguid = made.aaguid;
    state.factor_row(factor.id)?.proof = Proof::WebAuthn(Some(made));
    Ok(aaguid)
}

/// Accepts any of the user's credentials, which the options list.
pub(crate) fn request(
    state: &mut State,
    user_id: Uuid,
    challenge: &ChallengeRow,
    credential: Value,
) -> Result<(), ApiError> {
    let refuse = |flaw| refusal(flaw, "Failed to validate WebAuthn MFA response");
    let assertion = Assertion::read(credential).map_err(refuse)?;
    let known = state.factor_credentials(user_id)?;
    let used = known.iter().find(|known| known.id == assertion.credential_id);
    let used = used.filter(|_| assertion.user_handle.is_none_or(|handle| handle == user_id));
    let used = used.ok_or_else(|| refuse(Flaw::Proof))?;
    state.settings.relying_party.check_used(&challenge.nonce, &assertion, used).map_err(refuse)
}

fn refusal(flaw: Flaw, message: &str) -> ApiError {
    match flaw {
        Flaw::Form => ApiError::validation_failed("Invalid credential_response"),
        Flaw::Proof => ApiError::new(500, ErrorCode::UnexpectedFailure, message),
    }
}

/// Returns what the server shows of the last challenge of a factor. The real server adds parsed fields of the
/// credential.
fn last_challenge(
    state: &State,
    user_id: Uuid,
    factor: &Factor,
    challenge: &ChallengeRow,
    answer: &WebAuthnAnswer,
) -> LastWebAuthnChallenge {
    let credential = &answer.credential_response;
    LastWebAuthnChallenge {
        challenge: Some(json!({
            "challenge_id": challenge.id,
            "factor_id": factor.id,
            "created_at": challenge.created_at,
            "ip_address": state.hook_run.sender,
            "web_authn_session_data": {
                "challenge": challenge.nonce,
                "rpId": state.settings.relying_party.id,
                "user_id": URL_SAFE_NO_PAD.encode(user_id.to_string()),
            },
        })),
        type_: Some(answer.ceremony.clone().into()),
        credential_response: Some(json!({ "ID": credential["id"], "Type": credential["type"], "Raw": credential })),
    }
}
