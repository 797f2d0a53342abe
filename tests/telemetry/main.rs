//! Logs and traces of the client.
//!
//! These tests are apart from the others because `tracing` caches globally which call sites are enabled: a test without
//! a subscriber on another thread could switch one off. Here each test installs a subscriber before it makes a call.

mod secrets;
mod spans;
#[cfg(feature = "trace-context")]
mod trace_context;
