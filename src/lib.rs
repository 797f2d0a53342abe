//! x
#[allow(missing_docs, clippy::all, clippy::pedantic, unused)]
pub mod raw;
mod secret;
#[allow(missing_docs)]
pub mod transport;
pub use secret::Secret;
