//! The session manager and the stores.

#![allow(clippy::unchecked_time_subtraction, reason = "a test that subtracts too much may fail")]

mod ended;
mod events;
mod expiry;
mod file_store;
mod follow_store;
mod manager;
mod mount_namespace;
mod one_door;
mod other_users;
mod pauses;
mod play;
mod processes;
mod sign_out;
#[cfg(unix)]
mod soak;
mod store_failures;
mod stores;
mod suspend;
mod suspended_process;
