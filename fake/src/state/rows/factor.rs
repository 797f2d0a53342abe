//! Second factors and their challenges.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    model::{ErrorCode, FactorStatus, FactorType, types::Factor},
    state::table::{Key, Row},
    webauthn::Credential,
    wire::ApiError,
};

/// The maximum number of challenges of a factor.
const MOST_CHALLENGES: usize = 100;

/// The secret data of a factor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FactorRow {
    pub(crate) factor_id: Uuid,
    pub(crate) proof: Proof,
    pub(crate) challenges: Vec<ChallengeRow>,
}

/// The means by which a factor is verified.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Proof {
    /// The secret of an authenticator app.
    Totp([u8; 20]),
    /// The phone number that codes are sent to.
    Phone(String),
    /// The credential of an authenticator, if one is registered.
    WebAuthn(Option<Credential>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ChallengeRow {
    pub(crate) id: Uuid,
    pub(crate) created_at: DateTime<Utc>,
    /// The code that was sent, or the challenge that an authenticator signs. Empty for an authenticator app.
    pub(crate) nonce: String,
    pub(crate) answered: bool,
}

impl Row for FactorRow {
    fn keys(&self) -> Vec<Key> {
        vec![Key::Id(self.factor_id)]
    }
}

impl FactorRow {
    /// Adds a challenge. There is a maximum, beyond which the oldest are removed.
    pub(crate) fn challenge(&mut self, challenge: ChallengeRow) {
        self.challenges.push(challenge);
        let excess = self.challenges.len().saturating_sub(MOST_CHALLENGES);
        self.challenges.drain(..excess);
    }

    /// Returns a challenge that is neither used nor expired.
    pub(crate) fn open_challenge(
        &mut self,
        id: Uuid,
        now: DateTime<Utc>,
        lifetime: Duration,
    ) -> Result<ChallengeRow, ApiError> {
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
        if now > challenge.created_at + lifetime {
            self.challenges.remove(place);
            let message =
                format!("MFA challenge {id} has expired, verify against another challenge or create a new challenge.");
            return Err(ApiError::new(422, ErrorCode::MfaChallengeExpired, message));
        }
        Ok(challenge)
    }

    /// Marks a challenge as used. WebAuthn challenges are removed.
    pub(crate) fn answered(&mut self, answered: &ChallengeRow) {
        if let Proof::WebAuthn(_) = self.proof {
            self.challenges.retain(|challenge| challenge.id != answered.id);
        }
        for challenge in self.challenges.iter_mut().filter(|challenge| challenge.id == answered.id) {
            challenge.answered = true;
        }
    }
}

pub(crate) fn new_factor(id: Uuid, name: &str, factor_type: FactorType, now: DateTime<Utc>) -> Factor {
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

pub(crate) fn no_factor() -> ApiError {
    ApiError::new(404, ErrorCode::MfaFactorNotFound, "Factor not found")
}
