//! The handlers of the operations, with a file or directory for each resource.

pub(crate) mod admin;
pub(crate) mod authorize;
pub(crate) mod callback;
pub(crate) mod factors;
pub(crate) mod identities;
pub(crate) mod invite;
pub(crate) mod oauth;
pub(crate) mod otp;
pub(crate) mod passkeys;
pub(crate) mod provider_page;
pub(crate) mod recover;
pub(crate) mod recovery_codes;
pub(crate) mod resend;
pub(crate) mod scim;
pub(crate) mod server_info;
pub(crate) mod sign_out;
pub(crate) mod sign_up;
pub(crate) mod sso;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod verify;
