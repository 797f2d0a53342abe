//! Flows that go through a browser or an email and end with a code (PKCE, RFC 7636).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::{
    rows::methods::{Method, known},
    table::{Key, Row},
};

/// A flow, from its start to the exchange of its code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) id: Option<Uuid>,
    pub(crate) begun_at: DateTime<Utc>,
    pub(crate) provider: Option<String>,
    /// The SAML provider, whose response comes with the id as its relay state.
    pub(crate) sso_provider: Option<Uuid>,
    /// How the user signs in (`amr`).
    #[serde(deserialize_with = "known")]
    pub(crate) method: Method,
    /// The signed-in user who links an identity.
    pub(crate) linking: Option<Uuid>,
    pub(crate) redirect_to: String,
    /// The SHA-256 of the verifier, base64url.
    pub(crate) challenge: Option<String>,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) code: Option<(String, DateTime<Utc>)>,
    /// The hash in the link of an invitation that the user accepts with a provider.
    pub(crate) invite_token: Option<String>,
}

impl Row for Flow {
    fn keys(&self) -> Vec<Key> {
        let code = self.code.iter().map(|(code, _)| Key::Code(code.clone()));
        self.id.map(Key::Id).into_iter().chain(self.user_id.map(Key::User)).chain(code).collect()
    }
}
