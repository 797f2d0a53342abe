//! Operations of an administrator.

pub(crate) mod audit_log;
pub(crate) mod custom_providers;
pub(crate) mod factors;
pub(crate) mod generate_link;
pub(crate) mod passkeys;
pub(crate) mod path;
pub(crate) mod users;
