//! Challenges that a code answers.

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
    types::{ChallengeFactorRequest, ChallengeFactorResponse, MessageChannel, VerifyFactorRequest},
};

/// A challenge to a factor, to be answered from the same address within some minutes. It can be kept in between.
///
/// ```
/// # async fn f(user: gotrue::UserClient, factor: gotrue::types::Factor) -> Result<(), gotrue::Error> {
/// let challenge = user.mfa().challenge(factor.id).await?;
/// // … the user types a code …
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
    /// A challenge whose two ids were kept.
    #[must_use]
    pub fn new(factor_id: Uuid, challenge_id: Uuid) -> Self {
        Self { factor_id, challenge_id, expires_at: None }
    }

    pub(super) fn of_reply(factor_id: Uuid, reply: &ChallengeFactorResponse) -> Self {
        let expires_at = reply.expires_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        Self { factor_id, challenge_id: reply.id, expires_at }
    }

    /// The factor.
    #[must_use]
    pub fn factor_id(&self) -> Uuid {
        self.factor_id
    }

    /// The challenge itself.
    #[must_use]
    pub fn challenge_id(&self) -> Uuid {
        self.challenge_id
    }

    /// When it expires, by the server's clock.
    #[must_use]
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }
}

impl Mfa {
    /// Asks for a code of a factor (`POST /factors/{factor_id}/challenge`). A phone gets it in a text message.
    ///
    /// # Errors
    /// `mfa_factor_not_found`, `mfa_totp_verify_not_enabled`, `mfa_phone_verify_not_enabled`,
    /// `over_request_rate_limit`, `over_sms_send_rate_limit`.
    pub async fn challenge(&self, factor_id: Uuid) -> Result<FactorChallenge> {
        let request = ChallengeFactorRequest { channel: None, webauthn: None };
        let call = self.user.user_call().await?;
        let reply = call.answer(call.raw.challenge_factor(&factor_id, &request).await).await?;
        Ok(FactorChallenge::of_reply(factor_id, &reply))
    }

    /// The same for a phone, with a choice how the code gets there.
    ///
    /// # Errors
    /// As [`challenge`](Self::challenge); `validation_failed` when the channel is not to be had.
    pub async fn challenge_via(&self, factor_id: Uuid, channel: MessageChannel) -> Result<FactorChallenge> {
        let request = ChallengeFactorRequest { channel: Some(channel), webauthn: None };
        let call = self.user.user_call().await?;
        let reply = call.answer(call.raw.challenge_factor(&factor_id, &request).await).await?;
        Ok(FactorChallenge::of_reply(factor_id, &reply))
    }

    /// Answers a challenge with the code of the authenticator or of the message
    /// (`POST /factors/{factor_id}/verify`).
    ///
    /// The session that comes back is the same, of level `aal2`, and replaces the tokens so far. The user's other
    /// sessions below that level end.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `mfa_verification_failed`,
    /// `mfa_challenge_expired`, `mfa_ip_address_mismatch`, and `mfa_verification_rejected` when a hook refused, which
    /// ends all sessions of the user.
    pub async fn verify(&self, challenge: &FactorChallenge, code: impl Into<Secret>) -> Result<Session> {
        let code = code.into();
        input::secret("code", &code)?;
        let request = VerifyFactorRequest { challenge_id: challenge.challenge_id, code: Some(code), webauthn: None };
        self.verify_request(challenge.factor_id, request).await
    }

    /// Answers a challenge, and keeps the session that the server returns.
    pub(super) async fn verify_request(&self, factor_id: Uuid, request: VerifyFactorRequest) -> Result<Session> {
        let verify = move |call: Call| async move {
            let response = call.raw.verify_factor(&factor_id, &request).await;
            Ok(call.session(call.answer(response).await?))
        };
        self.user.replace_session(SessionChange::MfaVerified, verify).await
    }

    /// Both at once, with a code that is at hand already: that of an authenticator application.
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
