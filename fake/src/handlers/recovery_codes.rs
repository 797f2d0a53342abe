//! Recovery codes: generated, replaced, used up and deleted.

use gotrue::Secret;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    model::{
        AuditAction, ErrorCode, FactorStatus, FactorType,
        types::{GenerateRecoveryCodesRequest, RecoveryCodeSet, RecoveryCodesStatus, UnenrollFactorResult},
    },
    state::{
        State,
        access_tokens::Caller,
        rows::{factor::new_factor, recovery_codes::RecoveryCodesRow},
    },
    wire::{ApiError, ApiResult, Request, has_no_body, json_body, ok},
};

/// The name of the factor if the request has none.
const DEFAULT_NAME: &str = "Recovery codes";

/// The code to verify.
#[derive(Deserialize)]
#[serde(rename = "RecoveryCodesVerifyParams")]
struct Answer {
    #[serde(default)]
    code: Secret,
}

/// `GET /factors/recovery-codes`.
pub(crate) fn status(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let row = state.recovery_codes_of(caller.user_id)?;
    ok(&RecoveryCodesStatus {
        id: row.factor_id,
        type_: Some(FactorType::RecoveryCode),
        total: number(row.total()),
        remaining: number(row.remaining()),
    })
}

/// `POST /factors/recovery-codes`.
pub(crate) fn generate(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    check_enrollment(state)?;
    let given: GenerateRecoveryCodesRequest =
        if has_no_body(request) { GenerateRecoveryCodesRequest::default() } else { json_body(request)? };
    let name = given.friendly_name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| DEFAULT_NAME.to_owned());
    check_aal2(state, &caller, "generate")?;
    if state.recovery_codes_of(caller.user_id).is_ok() {
        let message = "Recovery codes are already enrolled for this user, use regenerate to rotate them";
        return Err(ApiError::new(422, ErrorCode::MfaVerifiedFactorExists, message));
    }
    state.forget_stale_factors(caller.user_id)?;
    state.check_new_factor(&caller, &name)?;
    if !state.has_usable_factor_besides(caller.user_id, Uuid::nil())? {
        let message = "At least one other verified factor is required to generate recovery codes";
        return Err(ApiError::new(422, ErrorCode::MfaRecoveryCodesSoleFactor, message));
    }

    let (codes, id, now) = (state.new_recovery_codes(), state.random.id(), state.now());
    let mut factor = new_factor(id, &name, FactorType::RecoveryCode, now);
    factor.status = FactorStatus::Verified;
    state.account(caller.user_id)?.user.factors.get_or_insert_default().push(factor);
    state.recovery_codes.push(RecoveryCodesRow::new(caller.user_id, id, &codes));
    let traits = json!({ "factor_id": id, "count": codes.len() });
    state.log_action(caller.user_id, AuditAction::RecoveryCodesGenerated, Some(traits));
    ok(&shown(id, name, codes))
}

/// `POST /factors/recovery-codes/regenerate`.
pub(crate) fn regenerate(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    check_enrollment(state)?;
    check_aal2(state, &caller, "regenerate")?;
    let id = state.recovery_codes_of(caller.user_id)?.factor_id;
    let codes = state.new_recovery_codes();
    state.recovery_codes_of(caller.user_id)?.replace(&codes);
    let traits = json!({ "factor_id": id, "count": codes.len() });
    state.log_action(caller.user_id, AuditAction::RecoveryCodesRegenerated, Some(traits));
    let mut factors = state.account(caller.user_id)?.user.factors.iter().flatten();
    let name = factors.find(|factor| factor.id == id).and_then(|factor| factor.friendly_name.clone());
    ok(&shown(id, name.unwrap_or_default(), codes))
}

/// `POST /factors/recovery-codes/verify`.
pub(crate) fn verify(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    let settings = state.settings.recovery_codes.clone();
    if !settings.verify {
        let message = "MFA verification is disabled for recovery codes";
        return Err(ApiError::new(422, ErrorCode::MfaRecoveryCodesVerifyNotEnabled, message));
    }
    let code = normalized(json_body::<Answer>(request)?.code.expose());
    if code.is_empty() {
        return Err(ApiError::validation_failed("Code needs to be non-empty"));
    }
    let wrong = || ApiError::new(422, ErrorCode::MfaVerificationFailed, "Invalid recovery code entered");
    let now = state.now();
    let row = state.recovery_codes_of(caller.user_id).map_err(|_| wrong())?;
    if row.is_locked(now) {
        let message = "Too many failed verification attempts, try again later";
        return Err(ApiError::new(429, ErrorCode::MfaRecoveryCodesLocked, message));
    }
    let (id, is_right) = (row.factor_id, row.has(&code));
    state.factor_checked(caller.user_id, id, &FactorType::RecoveryCode, is_right)?;
    let row = state.recovery_codes_of(caller.user_id)?;
    if !row.redeem(&code, now, &settings) {
        return Err(wrong());
    }
    let remaining = row.remaining();
    let traits = json!({ "factor_id": id, "remaining": remaining });
    state.log_action(caller.user_id, AuditAction::RecoveryCodesVerified, Some(traits));
    ok(&state.raise_session(caller.session_id, id, "mfa/recovery_code")?)
}

/// `DELETE /factors/recovery-codes`.
pub(crate) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.named_caller(request)?;
    check_aal2(state, &caller, "delete")?;
    let id = state.recovery_codes_of(caller.user_id)?.factor_id;
    state.retain_factors(caller.user_id, |factor| factor.id != id)?;
    state.log_action(caller.user_id, AuditAction::RecoveryCodesDeleted, Some(json!({ "factor_id": id })));
    state.lower_sessions(id);
    ok(&UnenrollFactorResult { id })
}

fn check_enrollment(state: &State) -> Result<(), ApiError> {
    if state.settings.recovery_codes.enroll {
        return Ok(());
    }
    let message = "MFA enroll is disabled for recovery codes";
    Err(ApiError::new(422, ErrorCode::MfaRecoveryCodesEnrollNotEnabled, message))
}

fn check_aal2(state: &State, caller: &Caller, action: &str) -> Result<(), ApiError> {
    if state.is_aal2(caller.session_id) {
        return Ok(());
    }
    let message = format!("AAL2 required to {action} recovery codes");
    Err(ApiError::new(403, ErrorCode::InsufficientAal, message))
}

/// Removes hyphens and white space, and ignores case.
fn normalized(code: &str) -> String {
    code.chars().filter(|c| *c != '-' && !c.is_whitespace()).collect::<String>().to_lowercase()
}

fn shown(id: Uuid, name: String, codes: Vec<String>) -> RecoveryCodeSet {
    RecoveryCodeSet {
        id,
        type_: Some(FactorType::RecoveryCode),
        friendly_name: Some(name),
        total: Some(number(codes.len())),
        codes: codes.into_iter().map(Secret::from).collect(),
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
