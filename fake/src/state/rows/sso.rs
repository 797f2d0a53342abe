//! SAML providers.

use serde::{Deserialize, Serialize};

use crate::{model::types::SsoProvider, state::table::Row};

/// A SAML provider and the URL of its sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SsoRow {
    pub(crate) provider: SsoProvider,
    pub(crate) location: String,
}

impl Row for SsoRow {}
