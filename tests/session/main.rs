//! The session manager and the stores.

mod file_store;
mod manager;
mod mount_namespace;
mod one_door;
mod processes;
mod store_failures;
mod stores;
mod suspend;
mod suspended_process;
