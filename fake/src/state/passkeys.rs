//! Passkeys of users.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    model::ErrorCode,
    state::{
        rows::passkey::{PasskeyChallenge, PasskeyRow},
        store::State,
    },
    wire::ApiError,
};

impl State {
    pub(crate) fn passkeys_of(&self, user_id: Uuid) -> impl Iterator<Item = &PasskeyRow> {
        self.passkeys.iter().filter(move |row| row.user_id == user_id)
    }

    pub(crate) fn place_of_passkey(&self, user_id: Uuid, id: &str) -> Result<usize, ApiError> {
        let place = Uuid::try_parse(id)
            .ok()
            .and_then(|id| self.passkeys.iter().position(|row| row.user_id == user_id && row.passkey.id == id));
        place.ok_or_else(|| ApiError::new(404, ErrorCode::ValidationFailed, "Passkey not found"))
    }

    pub(crate) fn challenge_passkey(&mut self, user_id: Option<Uuid>) -> (Uuid, String, DateTime<Utc>) {
        let (id, challenge, expires_at) =
            (self.random.id(), self.random.challenge(), self.now() + self.settings.passkey_challenge_lifetime);
        self.passkey_challenges.push(PasskeyChallenge { id, user_id, challenge: challenge.clone(), expires_at });
        (id, challenge, expires_at)
    }

    /// Takes a challenge, so that it cannot be used again.
    pub(crate) fn take_passkey_challenge(&mut self, id: Uuid, user_id: Option<Uuid>) -> Result<String, ApiError> {
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
        Ok(challenge.challenge)
    }
}
