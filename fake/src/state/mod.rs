//! The state of the server and the rules by which it changes.

pub(crate) mod access_tokens;
pub(crate) mod accounts;
pub(crate) mod audit_log;
mod claim_types;
pub(crate) mod consents;
pub(crate) mod email_validation;
pub(crate) mod factors;
pub(crate) mod flows;
pub(crate) mod hooks;
pub(crate) mod identity_providers;
pub(crate) mod messages;
pub(crate) mod notifications;
pub(crate) mod passkeys;
pub(crate) mod passwords;
pub(crate) mod profiles;
pub(crate) mod rate_limits;
pub(crate) mod recovery_codes;
pub(crate) mod refresh_tokens;
pub(crate) mod retention;
pub(crate) mod rows;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod shared;
pub(crate) mod snapshot;
pub(crate) mod storable;
mod store;
pub(crate) mod table;
pub(crate) mod verification;

pub(crate) use store::State;
