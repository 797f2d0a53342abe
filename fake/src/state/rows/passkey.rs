//! Passkeys and their challenges.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::{model::types::Passkey, webauthn::Credential};

#[derive(Debug)]
pub(crate) struct PasskeyRow {
    pub(crate) user_id: Uuid,
    pub(crate) passkey: Passkey,
    pub(crate) credential: Credential,
}

/// A challenge that was not answered yet.
#[derive(Debug)]
pub(crate) struct PasskeyChallenge {
    pub(crate) id: Uuid,
    /// Who registers a passkey. Nobody for a sign-in, where it is not known yet.
    pub(crate) user_id: Option<Uuid>,
    pub(crate) challenge: String,
    pub(crate) expires_at: DateTime<Utc>,
}

/// How long a challenge can be answered.
pub(crate) const PASSKEY_CHALLENGE_LIFETIME: Duration = Duration::minutes(5);
