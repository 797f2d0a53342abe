//! Second factors of every kind: enrolled, challenged, verified and removed by the same rules.

mod phone;
mod totp;
mod webauthn;

use crate::wire::{ApiError, ApiResult, Request, json_body, json_body_with, ok};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use webauthn::WebAuthnAnswer;

use super::{relying_party::Credential, session::Caller, state::State};
use crate::model::{
    AuditAction, ErrorCode, FactorStatus, FactorType,
    types::{ChallengeFactorResponse, EnrollFactorRequest, EnrollFactorResponse, Factor, UnenrollFactorResponse},
};
use gotrue::Secret;

/// How many factors a user may have.
const MOST: usize = 10;

/// How long a challenge can be answered, and a factor without a challenge be verified.
const PATIENCE: Duration = Duration::seconds(300);

/// What the server does not tell of a factor.
#[derive(Debug)]
pub(super) struct FactorRow {
    pub(super) factor_id: Uuid,
    pub(super) proof: Proof,
    pub(super) challenges: Vec<ChallengeRow>,
}

/// What a factor is verified by.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// The secret of an authenticator application.
    Totp([u8; 20]),
    /// The number that codes are sent to.
    Phone(String),
    /// The credential of an authenticator, once it has made one.
    WebAuthn(Option<Credential>),
}

#[derive(Clone, Debug)]
pub(super) struct ChallengeRow {
    pub(super) id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    /// The code that was sent, or what an authenticator signs. Nothing for an authenticator application.
    pub(super) nonce: String,
    answered: bool,
}

/// An answer to a challenge.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    challenge_id: Uuid,
    #[serde(default)]
    code: Secret,
    webauthn: Option<WebAuthnAnswer>,
}

pub(super) fn enroll(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let enroll: EnrollFactorRequest = json_body_with(request, &["factor_type"])?;
    let proof = match enroll.factor_type.as_str() {
        "totp" => Proof::Totp(state.draw_secret()),
        "phone" => Proof::Phone(state.new_phone(&caller, enroll.phone.as_deref().unwrap_or_default())?),
        "webauthn" => Proof::WebAuthn(None),
        _ => return Err(ApiError::validation_failed("factor_type needs to be totp, phone, or webauthn")),
    };
    let name = enroll.friendly_name.unwrap_or_default();
    state.forget_stale_factors(caller.user_id)?;
    state.check_new_factor(&caller, &name)?;

    let (id, now) = (state.draw_id(), state.now());
    let issuer = enroll.issuer.filter(|issuer| !issuer.is_empty()).unwrap_or_else(|| state.host());
    let account = state.account(caller.user_id)?;
    let (mut phone, mut application) = (None, None);
    let mut factor = new_factor(id, &name, enroll.factor_type.clone(), now);
    match &proof {
        Proof::Totp(secret) => application = Some(totp::enrollment(&issuer, account, secret)),
        Proof::Phone(number) => (phone, factor.phone) = (enroll.phone, Some(number.clone())),
        Proof::WebAuthn(_) => {}
    }
    account.user.factors.get_or_insert_default().push(factor);
    let traits = json!({ "factor_id": id, "factor_type": enroll.factor_type });
    state.note(caller.user_id, AuditAction::FactorInProgress, Some(traits));
    state.factors.push(FactorRow { factor_id: id, proof, challenges: Vec::new() });
    let (type_, friendly_name) = (enroll.factor_type, Some(name));
    ok(&EnrollFactorResponse { id, type_, friendly_name, phone, totp: application })
}

pub(super) fn challenge(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let factor = state.factor(&caller, request)?;
    let (id, now) = (state.draw_id(), state.now());
    let mut response = ChallengeFactorResponse {
        id,
        type_: Some(factor.factor_type.clone()),
        expires_at: Some((now + PATIENCE).timestamp()),
        webauthn: None,
    };
    let nonce = match state.factor_row(factor.id)?.proof.clone() {
        Proof::Totp(_) => String::new(),
        Proof::Phone(number) => {
            phone::check_delivery(request)?;
            state.check_interval(factor.last_challenged_at, true)?;
            state.send_factor_code(number)
        }
        Proof::WebAuthn(_) => {
            let (nonce, challenge) = webauthn::challenge(state, caller.user_id, factor.is_verified())?;
            response.webauthn = Some(challenge);
            nonce
        }
    };
    let traits = json!({ "factor_id": factor.id, "factor_status": factor.status });
    state.note(caller.user_id, AuditAction::ChallengeCreated, Some(traits));
    state.change_factor(caller.user_id, factor.id, |factor| factor.last_challenged_at = Some(now))?;
    state.factor_row(factor.id)?.challenges.push(ChallengeRow { id, created_at: now, nonce, answered: false });
    ok(&response)
}

pub(super) fn verify(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let factor = state.factor(&caller, request)?;
    let answer: Answer = json_body(request)?;
    let proof = state.factor_row(factor.id)?.proof.clone();
    let answered = match proof {
        Proof::WebAuthn(_) => Some(webauthn::whole(answer.webauthn)?),
        _ if answer.code.is_empty() => return Err(ApiError::validation_failed("Code needs to be non-empty")),
        _ => None,
    };
    let now = state.now();
    let challenge = state.factor_row(factor.id)?.open_challenge(answer.challenge_id, now)?;
    let wrong = |message| Err(ApiError::new(422, ErrorCode::MfaVerificationFailed, message));
    let method = match proof {
        Proof::Totp(secret) if !totp::is_right(secret, &answer.code, now) => {
            return wrong("Invalid TOTP code entered");
        }
        Proof::Phone(_) if challenge.nonce != answer.code.expose() => return wrong("Invalid MFA Phone code entered"),
        Proof::Totp(_) => "totp",
        Proof::Phone(_) => "mfa/phone",
        Proof::WebAuthn(_) => {
            webauthn::verify(state, caller.user_id, &factor, &challenge, answered.unwrap_or_default())?;
            "mfa/webauthn"
        }
    };
    state.factor_row(factor.id)?.answered(&challenge);
    let traits = json!({ "factor_id": factor.id, "challenge_id": challenge.id, "factor_type": factor.factor_type });
    state.note(caller.user_id, AuditAction::VerificationAttempted, Some(traits));
    if !factor.is_verified() {
        state.change_factor(caller.user_id, factor.id, |factor| {
            factor.status = FactorStatus::Verified;
            factor.updated_at = Some(now);
        })?;
    }
    let session = state.second_factor_used(caller.session_id, factor.id, method)?;
    // The response still has the other unverified factors of the kind.
    state.retain_factors(caller.user_id, |other| other.is_verified() || other.factor_type != factor.factor_type)?;
    ok(&session)
}

pub(super) fn unenroll(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let factor = state.factor(&caller, request)?;
    if factor.is_verified() && !state.is_aal2(caller.session_id) {
        let message = "AAL2 required to unenroll verified factor";
        return Err(ApiError::new(422, ErrorCode::InsufficientAal, message));
    }
    let traits = json!({ "factor_id": factor.id, "factor_status": factor.status, "session_id": caller.session_id });
    state.note(caller.user_id, AuditAction::FactorUnenrolled, Some(traits));
    state.retain_factors(caller.user_id, |other| other.id != factor.id)?;
    state.second_factor_gone(factor.id);
    ok(&UnenrollFactorResponse { id: factor.id })
}

impl State {
    /// Whether a user has a second factor that was not used in this session.
    pub(super) fn lacks_aal2(&mut self, caller: &Caller) -> Result<bool, ApiError> {
        let mut factors = self.account(caller.user_id)?.user.factors.iter().flatten();
        Ok(factors.any(Factor::is_verified) && !self.is_aal2(caller.session_id))
    }

    fn check_new_factor(&mut self, caller: &Caller, name: &str) -> Result<(), ApiError> {
        let factors = self.account(caller.user_id)?.user.factors.clone().unwrap_or_default();
        if factors.iter().any(|factor| factor.friendly_name.as_deref().unwrap_or_default() == name) {
            let message = format!("A factor with the friendly name {name:?} for this user already exists");
            return Err(ApiError::new(422, ErrorCode::MfaFactorNameConflict, message));
        }
        if factors.len() >= MOST {
            let message = "Maximum number of verified factors reached, unenroll to continue";
            return Err(ApiError::new(422, ErrorCode::TooManyEnrolledMfaFactors, message));
        }
        if self.lacks_aal2(caller)? {
            return Err(ApiError::new(403, ErrorCode::InsufficientAal, "AAL2 required to enroll a new factor"));
        }
        Ok(())
    }

    /// The factor in the path of a request.
    fn factor(&mut self, caller: &Caller, request: &Request) -> Result<Factor, ApiError> {
        let no_uuid = || ApiError::new(404, ErrorCode::ValidationFailed, "factor_id must be an UUID");
        let id = Uuid::try_parse(request.segment(2)).map_err(|_| no_uuid())?;
        let mut factors = self.account(caller.user_id)?.user.factors.iter().flatten();
        factors.find(|factor| factor.id == id).cloned().ok_or_else(no_factor)
    }

    pub(super) fn factor_row(&mut self, factor_id: Uuid) -> Result<&mut FactorRow, ApiError> {
        self.factors.iter_mut().find(|row| row.factor_id == factor_id).ok_or_else(no_factor)
    }

    pub(super) fn change_factor(
        &mut self,
        user_id: Uuid,
        factor_id: Uuid,
        change: impl FnOnce(&mut Factor),
    ) -> Result<(), ApiError> {
        let mut factors = self.account(user_id)?.user.factors.iter_mut().flatten();
        factors.find(|factor| factor.id == factor_id).map(change).ok_or_else(no_factor)
    }

    /// Factors that were enrolled and never challenged do not stay.
    fn forget_stale_factors(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let oldest = self.now() - PATIENCE;
        let challenged: Vec<Uuid> =
            self.factors.iter().filter(|row| !row.challenges.is_empty()).map(|row| row.factor_id).collect();
        self.retain_factors(user_id, |factor| {
            factor.is_verified() || challenged.contains(&factor.id) || factor.created_at.is_some_and(|at| at >= oldest)
        })
    }

    /// Removes the other factors of a user. Nothing is told where there are none.
    pub(super) fn retain_factors(&mut self, user_id: Uuid, keep: impl Fn(&Factor) -> bool) -> Result<(), ApiError> {
        let user = &mut self.account(user_id)?.user;
        let (kept, gone): (Vec<_>, Vec<_>) = user.factors.take().unwrap_or_default().into_iter().partition(keep);
        user.factors = Some(kept).filter(|kept| !kept.is_empty());
        self.factors.retain(|row| gone.iter().all(|factor| factor.id != row.factor_id));
        Ok(())
    }
}

impl FactorRow {
    /// A challenge that can be answered.
    fn open_challenge(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<ChallengeRow, ApiError> {
        let unknown = || {
            let message = "MFA factor with the provided challenge ID not found";
            ApiError::new(422, ErrorCode::MfaFactorNotFound, message)
        };
        let place = self.challenges.iter().position(|challenge| challenge.id == id).ok_or_else(unknown)?;
        let challenge = self.challenges[place].clone();
        if challenge.answered {
            let message = "Challenge and verify IP addresses mismatch.";
            return Err(ApiError::new(422, ErrorCode::MfaIpAddressMismatch, message));
        }
        if now > challenge.created_at + PATIENCE {
            self.challenges.remove(place);
            let message =
                format!("MFA challenge {id} has expired, verify against another challenge or create a new challenge.");
            return Err(ApiError::new(422, ErrorCode::MfaChallengeExpired, message));
        }
        Ok(challenge)
    }

    /// What an authenticator has answered is forgotten, the rest marked.
    fn answered(&mut self, answered: &ChallengeRow) {
        if let Proof::WebAuthn(_) = self.proof {
            self.challenges.retain(|challenge| challenge.id != answered.id);
        }
        for challenge in self.challenges.iter_mut().filter(|challenge| challenge.id == answered.id) {
            challenge.answered = true;
        }
    }
}

fn no_factor() -> ApiError {
    ApiError::new(404, ErrorCode::MfaFactorNotFound, "Factor not found")
}

fn new_factor(id: Uuid, name: &str, factor_type: FactorType, now: DateTime<Utc>) -> Factor {
    Factor {
        id,
        created_at: Some(now),
        updated_at: Some(now),
        status: FactorStatus::Unverified,
        friendly_name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        factor_type,
        phone: Some(String::new()),
        last_challenged_at: None,
        web_authn_aaguid: None,
        last_webauthn_challenge_data: None,
    }
}
