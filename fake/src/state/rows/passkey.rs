//! Passkeys and their challenges.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    model::types::Passkey,
    state::table::{Key, Row},
    webauthn::Credential,
};

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

impl Row for PasskeyRow {
    fn keys(&self) -> Vec<Key> {
        vec![Key::Id(self.passkey.id), Key::User(self.user_id)]
    }
}

impl Row for PasskeyChallenge {
    fn keys(&self) -> Vec<Key> {
        vec![Key::Id(self.id)]
    }
}
