//! Recovery codes, for users who have lost their other factors.

use super::Mfa;
use crate::{
    client::Call,
    error::{Error, Result},
    input,
    secret::Secret,
    session::{Session, SessionChange},
    types::{GenerateRecoveryCodesRequest, RecoveryCodeSet, RecoveryCodesStatus, VerifyRecoveryCodeRequest},
    user::UserClient,
};

/// Manages the recovery codes of the signed-in user, each of which stands in for another second factor once. From
/// [`Mfa::recovery_codes`].
///
/// A user has at most one set of codes, and needs another verified factor as long as there is one. The codes are a
/// factor themselves, of type [`RecoveryCode`](crate::types::FactorType::RecoveryCode), which is neither enrolled nor
/// challenged.
///
/// Servers have recovery codes since v2.197.0, where they are disabled by default.
///
/// ```
/// # async fn f(user: gotrue::UserClient) -> Result<(), gotrue::Error> {
/// let codes = user.mfa().recovery_codes();
/// let set = codes.generate().await?;
/// for code in &set.codes {
///     println!("{}", code.expose());
/// }
///
/// // … later, without the phone, in a session of level `aal1` …
/// let session = codes.verify("mfr3-k2tq-x7ua-5lzc").await?;
/// let status = codes.status().await?;
/// println!("{} of {} codes are left", status.remaining, status.total);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct RecoveryCodes {
    user: UserClient,
}

impl Mfa {
    /// Returns a client for the user's recovery codes.
    #[must_use]
    pub fn recovery_codes(&self) -> RecoveryCodes {
        RecoveryCodes { user: self.user.clone() }
    }
}

impl RecoveryCodes {
    /// Returns how many codes there are and how many are left (`GET /factors/recovery-codes`).
    ///
    /// # Errors
    /// `mfa_factor_not_found` if the user has no recovery codes; `no_authorization` for an anonymous user.
    pub async fn status(&self) -> Result<RecoveryCodesStatus> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.get_recovery_codes()).await
    }

    /// Generates the codes (`POST /factors/recovery-codes`). The server returns them only this once. The factor gets the
    /// name "Recovery codes".
    ///
    /// # Errors
    /// `mfa_recovery_codes_enroll_not_enabled`; `insufficient_aal` if the session is not of level `aal2`;
    /// `mfa_verified_factor_exists` if the user already has codes, for which there is [`regenerate`](Self::regenerate);
    /// `mfa_recovery_codes_sole_factor` if the user has no other factor that can be used; `mfa_factor_name_conflict`,
    /// `too_many_enrolled_mfa_factors`; `no_authorization` for an anonymous user.
    pub async fn generate(&self) -> Result<RecoveryCodeSet> {
        self.generate_with(None).await
    }

    /// Generates the codes, as [`generate`](Self::generate) does, and gives the factor this name. It must be unique
    /// among the user's factors.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; those of [`generate`](Self::generate).
    pub async fn generate_named(&self, friendly_name: impl Into<String>) -> Result<RecoveryCodeSet> {
        let friendly_name = friendly_name.into();
        input::not_empty("factor name", &friendly_name)?;
        self.generate_with(Some(friendly_name)).await
    }

    async fn generate_with(&self, friendly_name: Option<String>) -> Result<RecoveryCodeSet> {
        let request = GenerateRecoveryCodesRequest { friendly_name };
        let call = self.user.user_call().await?;
        call.finish(call.raw.generate_recovery_codes(&request)).await
    }

    /// Replaces the codes (`POST /factors/recovery-codes/regenerate`). The previous ones stop working at once. The
    /// server returns the new ones only this once. Unlocks a verification that is locked.
    ///
    /// # Errors
    /// `mfa_recovery_codes_enroll_not_enabled`; `insufficient_aal` if the session is not of level `aal2`;
    /// `mfa_factor_not_found` if the user has no recovery codes; `no_authorization` for an anonymous user.
    pub async fn regenerate(&self) -> Result<RecoveryCodeSet> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.regenerate_recovery_codes()).await
    }

    /// Uses up a code to raise the session to level `aal2` (`POST /factors/recovery-codes/verify`). Hyphens, white space
    /// and case in the code do not matter.
    ///
    /// Returns the same session with new tokens, which replace the previous ones. The server ends the user's other
    /// sessions below that level. After several wrong codes, by default five, the server locks the verification for some
    /// time, by default fifteen minutes.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `mfa_verification_failed` if the code is wrong or was already used, or
    /// if the user has no codes; `mfa_recovery_codes_locked`, also for a right code, which remains valid;
    /// `mfa_recovery_codes_verify_not_enabled`; `over_request_rate_limit`; `no_authorization` for an anonymous user; and
    /// `mfa_verification_rejected` if a hook rejected the attempt, which ends all sessions of the user.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Session> {
        let code = code.into();
        if code.expose().chars().all(|character| character == '-' || character.is_whitespace()) {
            return Err(Error::invalid("recovery code", "must not be empty"));
        }
        let request = VerifyRecoveryCodeRequest { code };
        let verify = move |call: Call| async move {
            let operation = call.raw.verify_recovery_code(&request);
            Ok(call.session(call.finish(operation).await?))
        };
        self.user.replace_session(SessionChange::MfaVerified, verify).await
    }

    /// Deletes the codes (`DELETE /factors/recovery-codes`). Sessions that used a code fall back to level `aal1`; an
    /// access token that was issued before keeps its level until it expires.
    ///
    /// # Errors
    /// `insufficient_aal` if the session is not of level `aal2`; `mfa_factor_not_found` if the user has no recovery
    /// codes; `no_authorization` for an anonymous user.
    pub async fn delete(&self) -> Result<()> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.delete_recovery_codes()).await.map(drop)
    }
}
