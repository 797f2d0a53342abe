//! SAML providers.

use crate::model::types::SsoProvider;
use serde::{Deserialize, Serialize};

/// A SAML provider and the URL of its sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SsoRow {
    pub(crate) provider: SsoProvider,
    pub(crate) location: String,
}
