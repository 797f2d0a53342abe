//! The server as an OAuth 2.1 authorization server.

pub(crate) mod authorize;
pub(crate) mod client_authentication;
pub(crate) mod client_metadata;
pub(crate) mod clients;
pub(crate) mod consent;
pub(crate) mod discovery;
pub(crate) mod errors;
pub(crate) mod grants;
pub(crate) mod token;
pub(crate) mod user_info;
