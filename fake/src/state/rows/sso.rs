//! The SAML providers of companies.

use crate::model::types::SsoProvider;

/// A provider, and where it signs people in.
#[derive(Debug)]
pub(crate) struct SsoRow {
    pub(crate) provider: SsoProvider,
    pub(crate) location: String,
}
