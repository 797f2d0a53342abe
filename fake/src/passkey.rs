//! Passkeys: registration, sign-in, and what their user and an administrator may do with them.

use crate::wire::{ApiError, ApiResult, Request, Response, json_body, json_body_with, ok};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    account::Account,
    authenticator_name::name_of,
    relying_party::{Assertion, Credential, Flaw},
    session::Caller,
    state::State,
};
use crate::model::{
    AttestationConveyance, AuditAction, ErrorCode, ResidentKey, UserVerification,
    types::{
        AuthenticatorSelection, Passkey, PasskeyAuthenticationOptions, PasskeyRegistrationOptions, PasskeyUpdateRequest,
    },
};

/// How many passkeys a user may have.
const MOST: usize = 10;

/// How long a challenge can be answered.
const PATIENCE: Duration = Duration::minutes(5);

#[derive(Debug)]
pub(super) struct PasskeyRow {
    pub(super) user_id: Uuid,
    passkey: Passkey,
    credential: Credential,
}

/// A challenge that was not answered yet.
#[derive(Debug)]
pub(super) struct PasskeyChallenge {
    id: Uuid,
    /// Who registers a passkey. Nobody for a sign-in, where it is not known yet.
    user_id: Option<Uuid>,
    challenge: String,
    expires_at: DateTime<Utc>,
}

/// An answer to a challenge. What it holds is checked after its challenge, so it is any JSON at first.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    challenge_id: String,
    credential: Option<Value>,
}

pub(super) fn registration_options(state: &mut State, request: &Request) -> ApiResult {
    let caller = registering_caller(state, request)?;
    if state.passkeys_of(caller.user_id).count() >= MOST {
        return Err(too_many());
    }
    let (challenge_id, challenge, expires_at) = state.challenge_passkey(Some(caller.user_id));
    let exclude: Vec<_> = state.passkeys_of(caller.user_id).map(|row| row.credential.descriptor()).collect();
    let (name, display_name) = names(state.account(caller.user_id)?);
    let mut options = state.setup.relying_party.creation_options(challenge, caller.user_id, name.clone(), display_name);
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

pub(super) fn register(state: &mut State, request: &Request) -> ApiResult {
    let caller = registering_caller(state, request)?;
    let (challenge, credential) = state.take_answer(request, Some(caller.user_id))?;
    let credential = state.setup.relying_party.check_new(&challenge, credential).map_err(refusal)?;
    if state.passkeys_of(caller.user_id).count() >= MOST {
        return Err(too_many());
    }
    if state.passkeys.iter().any(|row| row.credential.id == credential.id) {
        let message = "This credential is already registered";
        return Err(ApiError::new(422, ErrorCode::WebauthnCredentialExists, message));
    }
    let passkey = Passkey {
        id: state.draw_id(),
        friendly_name: Some(name_of(credential.aaguid).to_owned()),
        created_at: Some(state.now()),
        last_used_at: None,
    };
    let response = ok(&passkey);
    state.note(caller.user_id, AuditAction::PasskeyCreated, Some(json!({ "passkey_id": passkey.id })));
    state.passkeys.push(PasskeyRow { user_id: caller.user_id, passkey, credential });
    response
}

pub(super) fn authentication_options(state: &mut State) -> ApiResult {
    let (challenge_id, challenge, expires_at) = state.challenge_passkey(None);
    let mut options = state.setup.relying_party.request_options(challenge);
    options.user_verification = Some(UserVerification::Preferred);
    ok(&PasskeyAuthenticationOptions { challenge_id, options, expires_at: Some(expires_at.timestamp()) })
}

pub(super) fn authenticate(state: &mut State, request: &Request) -> ApiResult {
    let (challenge, credential) = state.take_answer(request, None)?;
    let assertion = Assertion::read(credential).map_err(refusal)?;
    let owner = |row: &&mut PasskeyRow| {
        Some(row.user_id) == assertion.user_handle && row.credential.id == assertion.credential_id
    };
    let now = state.now();
    let row = state.passkeys.iter_mut().find(owner).ok_or_else(|| refusal(Flaw::Proof))?;
    state.setup.relying_party.check_used(&challenge, &assertion, &row.credential).map_err(refusal)?;
    let (user_id, passkey_id) = (row.user_id, row.passkey.id);
    check_welcome(state.account(user_id)?, now)?;
    for row in state.passkeys.iter_mut().filter(|row| row.passkey.id == passkey_id) {
        row.passkey.last_used_at = Some(now);
    }
    state.note(user_id, AuditAction::Login, Some(json!({ "passkey_id": passkey_id })));
    state.sign_in(user_id, "passkey")
}

pub(super) fn list(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    ok(&state.passkeys_of(caller.user_id).map(|row| &row.passkey).collect::<Vec<_>>())
}

pub(super) fn rename(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let PasskeyUpdateRequest { friendly_name } = json_body_with(request, &["friendly_name"])?;
    if friendly_name.is_empty() {
        return Err(ApiError::validation_failed("friendly_name is required"));
    }
    if friendly_name.len() > 120 {
        return Err(ApiError::validation_failed("friendly_name must be 120 characters or less"));
    }
    let place = state.place_of_passkey(caller.user_id, request.segment(2))?;
    let traits = json!({ "passkey_id": state.passkeys[place].passkey.id });
    state.note(caller.user_id, AuditAction::PasskeyUpdated, Some(traits));
    let passkey = &mut state.passkeys[place].passkey;
    passkey.friendly_name = Some(friendly_name);
    ok(passkey)
}

pub(super) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    check_level(state, &caller)?;
    let place = state.place_of_passkey(caller.user_id, request.segment(2))?;
    let gone = state.passkeys.remove(place).passkey.id;
    state.note(caller.user_id, AuditAction::PasskeyDeleted, Some(json!({ "passkey_id": gone })));
    Ok(Response::new(204))
}

pub(super) fn admin_list(state: &State, user_id: Uuid) -> ApiResult {
    ok(&state.passkeys_of(user_id).map(|row| &row.passkey).collect::<Vec<_>>())
}

pub(super) fn admin_delete(state: &mut State, user_id: Uuid, request: &Request) -> ApiResult {
    let place = state.place_of_passkey(user_id, request.segment(5))?;
    let gone = state.passkeys.remove(place).passkey.id;
    state.note_admin(AuditAction::PasskeyDeleted, json!({ "user_id": user_id, "passkey_id": gone }));
    Ok(Response::new(204))
}

fn registering_caller(state: &mut State, request: &Request) -> Result<Caller, ApiError> {
    let caller = state.named_caller(request)?;
    check_level(state, &caller)?;
    Ok(caller)
}

/// Who has a second factor must have used it.
fn check_level(state: &mut State, caller: &Caller) -> Result<(), ApiError> {
    if state.lacks_aal2(caller)? {
        let message = "AAL2 session is required to manage passkeys when MFA is enabled";
        return Err(ApiError::new(403, ErrorCode::InsufficientAal, message));
    }
    Ok(())
}

/// A passkey does not stand in for what is missing otherwise.
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

/// What an authenticator calls a user, and what it shows.
fn names(account: &Account) -> (String, String) {
    let name = if account.email().is_empty() { account.phone() } else { account.email() };
    let given = account.user.user_metadata.as_ref().and_then(|data| data["name"].as_str());
    (name.to_owned(), given.filter(|given| !given.is_empty()).unwrap_or(name).to_owned())
}

fn too_many() -> ApiError {
    ApiError::new(422, ErrorCode::TooManyPasskeys, "Maximum number of passkeys reached")
}

fn refusal(flaw: Flaw) -> ApiError {
    let message = match flaw {
        Flaw::Form => "Invalid credential response",
        Flaw::Proof => "Credential verification failed",
    };
    ApiError::new(400, ErrorCode::WebauthnVerificationFailed, message)
}

impl State {
    pub(super) fn passkeys_of(&self, user_id: Uuid) -> impl Iterator<Item = &PasskeyRow> {
        self.passkeys.iter().filter(move |row| row.user_id == user_id)
    }

    fn place_of_passkey(&self, user_id: Uuid, id: &str) -> Result<usize, ApiError> {
        let place = Uuid::try_parse(id)
            .ok()
            .and_then(|id| self.passkeys.iter().position(|row| row.user_id == user_id && row.passkey.id == id));
        place.ok_or_else(|| ApiError::new(404, ErrorCode::ValidationFailed, "Passkey not found"))
    }

    fn challenge_passkey(&mut self, user_id: Option<Uuid>) -> (Uuid, String, DateTime<Utc>) {
        let (id, challenge, expires_at) = (self.draw_id(), self.draw_challenge(), self.now() + PATIENCE);
        self.passkey_challenges.push(PasskeyChallenge { id, user_id, challenge: challenge.clone(), expires_at });
        (id, challenge, expires_at)
    }

    /// The challenge that a request answers, which nobody can answer again, and the credential in it.
    fn take_answer(&mut self, request: &Request, user_id: Option<Uuid>) -> Result<(String, Value), ApiError> {
        let Answer { challenge_id, credential } = json_body(request)?;
        if challenge_id.is_empty() {
            return Err(ApiError::validation_failed("challenge_id is required"));
        }
        let credential = credential.ok_or_else(|| ApiError::validation_failed("credential is required"))?;
        let id = Uuid::try_parse(&challenge_id)
            .map_err(|_| ApiError::validation_failed("challenge_id must be a valid UUID"))?;
        let unknown = || {
            let message = "Challenge not found or already used";
            ApiError::new(400, ErrorCode::WebauthnChallengeNotFound, message)
        };
        let fits = |challenge: &PasskeyChallenge| challenge.id == id && challenge.user_id == user_id;
        let place = self.passkey_challenges.iter().position(fits).ok_or_else(unknown)?;
        let challenge = self.passkey_challenges.remove(place);
        if self.now() > challenge.expires_at {
            return Err(ApiError::new(400, ErrorCode::WebauthnChallengeExpired, "Challenge has expired"));
        }
        Ok((challenge.challenge, credential))
    }
}
