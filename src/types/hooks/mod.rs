//! The models generated from `openapi/hooks.yaml`: the bodies of the requests and responses of auth hooks.
//!
//! [`gotrue::hooks`](crate::hooks) verifies the requests and documents what the server makes of the responses.

mod claims;
mod open;

pub use claims::{HookClaims, InvalidClaim};
pub use models::*;
pub use open::*;

#[allow(missing_docs, unused, rustdoc::all, clippy::all, clippy::pedantic, clippy::unwrap_used)]
mod models {
    include!(concat!(env!("OUT_DIR"), "/hook_types.rs"));
}
