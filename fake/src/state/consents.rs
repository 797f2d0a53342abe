//! What users let applications do.

use uuid::Uuid;

use crate::state::store::State;

impl State {
    /// The application that a user agreed to, or not any more.
    pub(crate) fn forget_consent(&mut self, user_id: Uuid, client_id: Uuid) -> bool {
        let before = self.oauth.consents.len();
        self.oauth.consents.retain(|consent| consent.user_id != user_id || consent.client_id != client_id);
        self.oauth.consents.len() < before
    }
}
