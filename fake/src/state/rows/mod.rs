//! The rows of the tables.

pub(crate) mod account;
pub(crate) mod calls;
pub(crate) mod factor;
pub(crate) mod firebase_scrypt;
pub(crate) mod flow;
pub(crate) mod methods;
pub(crate) mod oauth;
pub(crate) mod passkey;
pub(crate) mod password;
pub(crate) mod recovery_codes;
pub(crate) mod refresh_tokens;
pub(crate) mod session;
pub(crate) mod sso;
mod unindexed;
