//! The built command, run against the fake server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod account;
mod api;
mod api_wire;
mod browser;
mod bulk;
mod doctor;
mod export;
mod factors;
mod failures;
#[cfg(feature = "fake")]
mod fake_server;
mod hooks;
mod import;
mod import_from;
mod jwt;
mod keys;
mod live;
mod operators;
mod profiles;
mod secrets;
mod sessions;
mod shell;
mod terminal;
mod user_server;
mod users;
