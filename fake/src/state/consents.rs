//! Users' consents for OAuth clients.

use uuid::Uuid;

use crate::state::{store::State, table::Key};

impl State {
    /// Removes a consent; returns whether there was one.
    pub(crate) fn forget_consent(&mut self, user_id: Uuid, client_id: Uuid) -> bool {
        let before = self.oauth.consents.len();
        self.oauth.consents.retain_with(&Key::User(user_id), |consent| consent.client_id != client_id);
        self.oauth.consents.len() < before
    }
}
