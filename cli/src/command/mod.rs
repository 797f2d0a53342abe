//! The commands, a family a file.

pub mod api;
pub mod audit;
pub mod browser;
pub mod clients;
pub mod invite;
pub mod jwt;
pub mod link;
pub mod login;
pub mod mfa;
pub mod passkeys;
pub mod profile;
pub mod providers;
pub mod server;
pub mod session;
pub mod shell;
mod show_user;
pub mod sso;
pub mod user;
pub mod users;
