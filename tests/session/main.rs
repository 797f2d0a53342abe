//! The session manager and the stores.

mod manager;
mod stores;
