//! Passkeys of users.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    model::ErrorCode,
    state::{
        rows::passkey::{PasskeyChallenge, PasskeyRow},
        store::State,
        table::{Key, Place},
    },
    wire::ApiError,
};

pub(crate) fn no_passkey() -> ApiError {
    ApiError::new(404, ErrorCode::ValidationFailed, "Passkey not found")
}

impl State {
    pub(crate) fn passkeys_of(&self, user_id: Uuid) -> impl Iterator<Item = &PasskeyRow> {
        self.passkeys.with(&Key::User(user_id))
    }

    pub(crate) fn place_of_passkey(&self, user_id: Uuid, id: &str) -> Result<Place, ApiError> {
        let place = Uuid::try_parse(id).ok().and_then(|id| self.passkeys.place(&Key::Id(id)));
        let theirs = place.filter(|place| self.passkeys[*place].user_id == user_id);
        theirs.ok_or_else(no_passkey)
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
        let place = self.passkey_challenges.place(&Key::Id(id));
        let theirs = place.filter(|place| self.passkey_challenges[*place].user_id == user_id);
        let challenge = self.passkey_challenges.remove(theirs.ok_or_else(unknown)?);
        if self.now() > challenge.expires_at {
            return Err(ApiError::new(400, ErrorCode::WebauthnChallengeExpired, "Challenge has expired"));
        }
        Ok(challenge.challenge)
    }
}
