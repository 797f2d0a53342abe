//! Challenges to a factor, verified with a code.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Mfa;
use crate::{
    client::Call,
    error::Result,
    input,
    secret::Secret,
    session::{Session, SessionChange},
    types::{ChallengeFactorRequest, ChallengeFactorResult, MessageChannel, VerifyFactorRequest},
};

/// A challenge to a factor. It must be verified from the same IP address before it expires, after a few minutes. It can
/// be serialized and stored until then.
///
/// ```
/// # async fn f(user: gotrue::UserClient, factor: gotrue::types::Factor) -> Result<(), gotrue::Error> {
/// let challenge = user.mfa().challenge(factor.id).await?;
/// // … the user enters a code …
/// let session = user.mfa().verify(&challenge, "123456").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FactorChallenge {
    factor_id: Uuid,
    challenge_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
}

impl FactorChallenge {
    /// Creates a challenge from its two ids, if only these were stored.
    #[must_use]
    pub fn new(factor_id: Uuid, challenge_id: Uuid) -> Self {
        Self { factor_id, challenge_id, expires_at: None }
    }

    pub(super) fn from_response(factor_id: Uuid, response: &ChallengeFactorResult) -> Self {
        let expires_at = response.expires_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        Self { factor_id, challenge_id: response.id, expires_at }
    }

    /// Returns the id of the factor.
    #[must_use]
    pub fn factor_id(&self) -> Uuid {
        self.factor_id
    }

    /// Returns the id of the challenge.
    #[must_use]
    pub fn challenge_id(&self) -> Uuid {
        self.challenge_id
    }

    /// Returns when the challenge expires, by the server's clock. `None` if unknown.
    #[must_use]
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }
}

impl Mfa {
    /// Creates a challenge to a factor (`POST /factors/{factor_id}/challenge`). A phone factor is sent a text message
    /// with a code.
    ///
    /// # Errors
    /// `mfa_factor_not_found`, `mfa_totp_verify_not_enabled`, `mfa_phone_verify_not_enabled`,
    /// `over_request_rate_limit`, `over_sms_send_rate_limit`.
    pub async fn challenge(&self, factor_id: Uuid) -> Result<FactorChallenge> {
        let request = ChallengeFactorRequest { channel: None, webauthn: None };
        let call = self.user.user_call().await?;
        let response = call.finish(call.raw.challenge_factor(&factor_id, &request)).await?;
        Ok(FactorChallenge::from_response(factor_id, &response))
    }

    /// Creates a challenge to a phone factor and sends the code through this channel
    /// (`POST /factors/{factor_id}/challenge`).
    ///
    /// # Errors
    /// As [`challenge`](Self::challenge); `validation_failed` if the channel is not available.
    pub async fn challenge_via(&self, factor_id: Uuid, channel: MessageChannel) -> Result<FactorChallenge> {
        let request = ChallengeFactorRequest { channel: Some(channel), webauthn: None };
        let call = self.user.user_call().await?;
        let response = call.finish(call.raw.challenge_factor(&factor_id, &request)).await?;
        Ok(FactorChallenge::from_response(factor_id, &response))
    }

    /// Verifies a challenge with the code from the authenticator app or the text message
    /// (`POST /factors/{factor_id}/verify`).
    ///
    /// Returns the same session at level `aal2`, with new tokens that replace the previous ones. The server ends the
    /// user's other sessions below that level.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `mfa_verification_failed`,
    /// `mfa_challenge_expired`, `mfa_ip_address_mismatch`, and `mfa_verification_rejected` if a hook rejected the
    /// attempt, which ends all sessions of the user.
    pub async fn verify(&self, challenge: &FactorChallenge, code: impl Into<Secret>) -> Result<Session> {
        let code = code.into();
        input::secret("code", &code)?;
        let request = VerifyFactorRequest { challenge_id: challenge.challenge_id, code: Some(code), webauthn: None };
        self.verify_request(challenge.factor_id, request).await
    }

    /// Sends the verification, and keeps the session that the server returns.
    pub(super) async fn verify_request(&self, factor_id: Uuid, request: VerifyFactorRequest) -> Result<Session> {
        let verify = move |call: Call| async move {
            let operation = call.raw.verify_factor(&factor_id, &request);
            Ok(call.session(call.finish(operation).await?))
        };
        self.user.replace_session(SessionChange::MfaVerified, verify).await
    }

    /// Creates a challenge and verifies it at once, with a code that is already known, such as that of an authenticator
    /// app.
    ///
    /// # Errors
    /// As [`challenge`](Self::challenge) and [`verify`](Self::verify).
    pub async fn challenge_and_verify(&self, factor_id: Uuid, code: impl Into<Secret>) -> Result<Session> {
        let code = code.into();
        input::secret("code", &code)?;
        let challenge = self.challenge(factor_id).await?;
        self.verify(&challenge, code).await
    }
}
