//! Second factors: enrolled, challenged, verified and removed.

pub(crate) mod webauthn;

use gotrue::Secret;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    contact::check_channel,
    handlers::factors::webauthn::WebAuthnAnswer,
    mailbox::Template,
    model::{
        AuditAction, ErrorCode, FactorStatus, FactorType,
        types::{ChallengeFactorResult, EnrollFactorResult, Factor, UnenrollFactorResult},
    },
    state::{
        State,
        access_tokens::Caller,
        notifications::Detail,
        rows::factor::{ChallengeRow, FactorRow, Proof, new_factor, no_factor},
    },
    totp,
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

/// A factor to enroll, of any type.
#[derive(Deserialize)]
#[serde(rename = "EnrollFactorParams")]
struct Enrollment {
    #[serde(default)]
    factor_type: String,
    friendly_name: Option<String>,
    issuer: Option<String>,
    phone: Option<String>,
}

/// The response to a challenge.
#[derive(Deserialize)]
#[serde(rename = "VerifyFactorParams")]
struct Answer {
    #[serde(default)]
    challenge_id: Uuid,
    #[serde(default)]
    code: Secret,
    webauthn: Option<WebAuthnAnswer>,
}

/// What a challenge is asked for with. Only that of an authenticator app needs no body.
#[derive(Default, Deserialize)]
#[serde(default, rename = "ChallengeFactorParams")]
struct Wanted {
    channel: String,
    #[serde(rename = "webauthn")]
    _webauthn: Option<WebAuthnAnswer>,
}

pub(crate) fn enroll(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    if caller.session_id.is_nil() {
        let message = "A valid session and a registered user are required to enroll a factor";
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, message));
    }
    let enroll: Enrollment = json_body(request)?;
    let factor_type = FactorType::from(enroll.factor_type);
    let settings = &state.settings;
    let (switch, code, name) = match factor_type {
        FactorType::Totp => (settings.totp, ErrorCode::MfaTotpEnrollNotEnabled, "TOTP"),
        FactorType::Phone => (settings.phone_factors, ErrorCode::MfaPhoneEnrollNotEnabled, "Phone"),
        FactorType::Webauthn => (settings.webauthn_factors, ErrorCode::MfaWebauthnEnrollNotEnabled, "WebAuthn"),
        _ => return Err(no_such_type()),
    };
    if !switch.enroll {
        return Err(ApiError::new(422, code, format!("MFA enroll is disabled for {name}")));
    }
    let proof = match factor_type {
        FactorType::Totp => Proof::Totp(state.random.totp_secret()),
        FactorType::Phone => Proof::Phone(state.new_phone(&caller, enroll.phone.as_deref().unwrap_or_default())?),
        FactorType::Webauthn => Proof::WebAuthn(None),
        _ => return Err(no_such_type()),
    };
    let name = enroll.friendly_name.unwrap_or_default();
    if name.contains('\0') {
        // PostgreSQL stores no such text.
        return Err(ApiError::unforeseen());
    }
    state.forget_stale_factors(caller.user_id)?;
    state.check_new_factor(&caller, &name)?;

    let (id, now) = (state.random.id(), state.now());
    let issuer = enroll.issuer.filter(|issuer| !issuer.is_empty()).unwrap_or_else(|| state.site());
    let account = state.account(caller.user_id)?;
    if matches!(proof, Proof::Totp(_)) && account.email().is_empty() {
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, "Error generating QR Code"));
    }
    let (mut phone, mut application) = (None, None);
    let mut factor = new_factor(id, &name, factor_type.clone(), now);
    match &proof {
        Proof::Totp(secret) => application = Some(totp::enrollment(&issuer, account.email(), secret)),
        Proof::Phone(number) => (phone, factor.phone) = (enroll.phone, Some(number.clone())),
        Proof::WebAuthn(_) => {}
    }
    account.user.factors.get_or_insert_default().push(factor);
    let traits = match factor_type {
        FactorType::Totp => json!({ "factor_id": id }),
        _ => json!({ "factor_id": id, "factor_type": factor_type }),
    };
    state.log_action(caller.user_id, AuditAction::FactorInProgress, Some(traits));
    state.factors.push(FactorRow { factor_id: id, proof, challenges: Vec::new() });
    let (type_, friendly_name) = (factor_type, Some(name));
    ok(&EnrollFactorResult { id, type_, friendly_name, phone, totp: application })
}

pub(crate) fn challenge(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let factor = factor(state, &caller, request)?;
    if factor.factor_type == FactorType::RecoveryCode {
        return Err(no_such_type());
    }
    check_verifiable(state, &factor)?;
    let (id, now) = (state.random.id(), state.now());
    let mut response = ChallengeFactorResult {
        id,
        type_: Some(factor.factor_type.clone()),
        expires_at: Some((now + state.settings.challenge_lifetime).timestamp()),
        webauthn: None,
    };
    let nonce = match state.factor_row(factor.id)?.proof.clone() {
        Proof::Totp(_) => String::new(),
        Proof::Phone(number) => {
            check_channel(&json_body::<Wanted>(request)?.channel)?;
            state.check_interval(factor.last_challenged_at, state.settings.factor_codes.interval, true)?;
            state.send_factor_code(caller.user_id, &number)?
        }
        Proof::WebAuthn(_) => {
            json_body::<Wanted>(request)?;
            let (nonce, challenge) = webauthn::challenge(state, caller.user_id, factor.is_verified())?;
            response.webauthn = Some(challenge);
            nonce
        }
    };
    let traits = json!({ "factor_id": factor.id, "factor_status": factor.status });
    state.log_action(caller.user_id, AuditAction::ChallengeCreated, Some(traits));
    state.change_factor(caller.user_id, factor.id, |factor| factor.last_challenged_at = Some(now))?;
    state.factor_row(factor.id)?.challenge(ChallengeRow { id, created_at: now, nonce, answered: false });
    ok(&response)
}

pub(crate) fn verify(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let factor = factor(state, &caller, request)?;
    let answer: Answer = json_body(request)?;
    if answer.code.is_empty() && factor.factor_type != FactorType::Webauthn {
        return Err(ApiError::validation_failed("Code needs to be non-empty"));
    }
    if factor.factor_type == FactorType::RecoveryCode {
        return Err(no_such_type());
    }
    if factor.factor_type == FactorType::Webauthn && !state.settings.webauthn_factors.verify {
        // The real server has the code of an enrollment here.
        let message = "MFA verification is disabled for WebAuthn";
        return Err(ApiError::new(422, ErrorCode::MfaWebauthnEnrollNotEnabled, message));
    }
    let proof = state.factor_row(factor.id)?.proof.clone();
    let answered = match proof {
        Proof::WebAuthn(_) => Some(webauthn::whole(answer.webauthn)?),
        _ => None,
    };
    check_verifiable(state, &factor)?;
    let (now, lifetime) = (state.now(), state.settings.challenge_lifetime);
    let challenge = state.factor_row(factor.id)?.open_challenge(answer.challenge_id, now, lifetime)?;
    let wrong = |message| Err(ApiError::new(422, ErrorCode::MfaVerificationFailed, message));
    let is_right = match proof {
        Proof::Totp(secret) => totp::is_right(secret, &answer.code, now),
        Proof::Phone(_) => challenge.nonce == answer.code.expose(),
        Proof::WebAuthn(_) => true,
    };
    if !matches!(proof, Proof::WebAuthn(_)) {
        state.factor_checked(caller.user_id, factor.id, &factor.factor_type, is_right)?;
    }
    let method = match proof {
        Proof::Totp(_) if !is_right => return wrong("Invalid TOTP code entered"),
        Proof::Phone(_) if !is_right => return wrong("Invalid MFA Phone code entered"),
        Proof::Totp(_) => "totp",
        Proof::Phone(_) => "mfa/phone",
        Proof::WebAuthn(_) => {
            webauthn::verify(state, caller.user_id, &factor, &challenge, answered.unwrap_or_default())?;
            "mfa/webauthn"
        }
    };
    state.factor_row(factor.id)?.answered(&challenge);
    let traits = json!({ "factor_id": factor.id, "challenge_id": challenge.id, "factor_type": factor.factor_type });
    state.log_action(caller.user_id, AuditAction::VerificationAttempted, Some(traits));
    if !factor.is_verified() {
        state.change_factor(caller.user_id, factor.id, |factor| {
            factor.status = FactorStatus::Verified;
            factor.updated_at = Some(now);
        })?;
    }
    let session = state.raise_session(caller.session_id, factor.id, method)?;
    // The response still contains the other unverified factors of the same type.
    state.retain_factors(caller.user_id, |other| other.is_verified() || other.factor_type != factor.factor_type)?;
    if !factor.is_verified() {
        notify(state, &caller, Template::FactorEnrolled, &factor);
    }
    ok(&session)
}

pub(crate) fn unenroll(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let factor = factor(state, &caller, request)?;
    if factor.factor_type == FactorType::RecoveryCode {
        let message = "Recovery codes cannot be unenrolled with this endpoint, use DELETE /factors/recovery-codes";
        return Err(ApiError::new(422, ErrorCode::ValidationFailed, message));
    }
    if factor.is_verified() && !state.is_aal2(caller.session_id) {
        let message = "AAL2 required to unenroll verified factor";
        return Err(ApiError::new(422, ErrorCode::InsufficientAal, message));
    }
    if factor.is_verified()
        && state.recovery_codes_of(caller.user_id).is_ok()
        && !state.has_usable_factor_besides(caller.user_id, factor.id)?
    {
        let message = "Recovery codes cannot be the only verified factor. Please enroll another factor before unenrolling \
                       this one or delete your recovery codes.";
        return Err(ApiError::new(422, ErrorCode::MfaRecoveryCodesSoleFactor, message));
    }
    let traits = json!({ "factor_id": factor.id, "factor_status": factor.status, "session_id": caller.session_id });
    state.log_action(caller.user_id, AuditAction::FactorUnenrolled, Some(traits));
    state.retain_factors(caller.user_id, |other| other.id != factor.id)?;
    state.lower_sessions(factor.id);
    notify(state, &caller, Template::FactorUnenrolled, &factor);
    ok(&UnenrollFactorResult { id: factor.id })
}

fn notify(state: &mut State, caller: &Caller, notification: Template, factor: &Factor) {
    let detail = Detail { factor_type: factor.factor_type.as_str(), ..Detail::default() };
    state.notify(caller.user_id, notification, &detail);
}

/// Fails if factors of this type cannot be used.
fn check_verifiable(state: &State, factor: &Factor) -> Result<(), ApiError> {
    let settings = &state.settings;
    let (switch, code, name) = match factor.factor_type.as_str() {
        "totp" => (settings.totp, ErrorCode::MfaTotpVerifyNotEnabled, "TOTP"),
        "phone" => (settings.phone_factors, ErrorCode::MfaPhoneVerifyNotEnabled, "Phone"),
        _ => (settings.webauthn_factors, ErrorCode::MfaWebauthnVerifyNotEnabled, "WebAuthn"),
    };
    if switch.verify {
        return Ok(());
    }
    Err(ApiError::new(422, code, format!("MFA verification is disabled for {name}")))
}

fn no_such_type() -> ApiError {
    ApiError::validation_failed("factor_type needs to be totp, phone, or webauthn")
}

/// Returns the factor in the path of a user who is not anonymous.
pub(crate) fn in_path(state: &mut State, request: &Request) -> Result<Factor, ApiError> {
    let caller = state.named_caller(request)?;
    factor(state, &caller, request)
}

/// Finds the factor in the path.
fn factor(state: &mut State, caller: &Caller, request: &Request) -> Result<Factor, ApiError> {
    let no_uuid = || ApiError::new(404, ErrorCode::ValidationFailed, "factor_id must be an UUID");
    let id = Uuid::try_parse(&request.segment(2)).map_err(|_| no_uuid())?;
    let mut factors = state.account(caller.user_id)?.user.factors.iter().flatten();
    factors.find(|factor| factor.id == id).cloned().ok_or_else(no_factor)
}
