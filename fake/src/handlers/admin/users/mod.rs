//! Users, as an administrator manages them.

pub(crate) mod contacts;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;
