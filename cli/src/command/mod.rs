//! The commands, a family a file.

pub mod browser;
pub mod invite;
pub mod link;
pub mod login;
pub mod profile;
pub mod server;
pub mod session;
pub mod shell;
pub mod users;
