//! Passkeys and their challenges.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{model::types::Passkey, webauthn::Credential};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PasskeyRow {
    pub(crate) user_id: Uuid,
    pub(crate) passkey: Passkey,
    pub(crate) credential: Credential,
}

/// A challenge that is not used yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PasskeyChallenge {
    pub(crate) id: Uuid,
    /// The user who registers a passkey. `None` for a sign-in, where the user is not known yet.
    pub(crate) user_id: Option<Uuid>,
    pub(crate) challenge: String,
    pub(crate) expires_at: DateTime<Utc>,
}
