//! Single sign-on with SAML.

pub(crate) mod assertion;
mod certificate;
pub(crate) mod idp_metadata;
pub(crate) mod providers;
pub(crate) mod service_provider;
pub(crate) mod sign_in;
