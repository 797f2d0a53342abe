//! SAML providers.

use crate::model::types::SsoProvider;

/// A SAML provider and the URL of its sign-in.
#[derive(Clone, Debug)]
pub(crate) struct SsoRow {
    pub(crate) provider: SsoProvider,
    pub(crate) location: String,
}
