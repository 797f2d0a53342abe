//! Sign-in with a company's SAML provider.

pub(crate) mod idp_metadata;
pub(crate) mod providers;
pub(crate) mod service_provider;
pub(crate) mod sign_in;
