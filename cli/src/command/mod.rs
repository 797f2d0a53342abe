//! The commands, one file or directory each.

pub mod api;
pub mod audit;
mod browser;
pub mod clients;
pub mod completions;
pub mod doctor;
mod enabled;
mod factor_code;
#[cfg(feature = "fake")]
pub mod fake;
pub mod health;
pub mod hooks;
pub mod invite;
pub mod jwt;
pub mod keys;
pub mod link;
pub mod login;
pub mod logout;
pub mod man;
pub mod mfa;
pub mod passkeys;
pub mod profile;
pub mod providers;
pub mod recovery_codes;
pub mod settings;
mod show_user;
pub mod sso;
pub mod token;
pub mod user;
pub mod users;
pub mod whoami;
