//! Single sign-on with SAML.

mod certificate;
pub(crate) mod idp_metadata;
pub(crate) mod providers;
pub(crate) mod service_provider;
pub(crate) mod sign_in;
