//! Passkeys.

pub(crate) mod authentication;
pub(crate) mod checks;
pub(crate) mod own;
pub(crate) mod registration;
