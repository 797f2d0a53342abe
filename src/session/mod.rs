//! A signed-in user's session, as a value and kept.

#[expect(clippy::module_inception, reason = "a session is a session")]
mod session;

pub use session::Session;
