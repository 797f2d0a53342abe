//! The client generated from `openapi/gotrue.yaml`: one method for each operation.
//!
//! For what the wrapper does not cover. Get it from [`Client::raw`](crate::Client::raw),
//! [`UserClient::raw`](crate::UserClient::raw) or [`AdminClient::raw`](crate::AdminClient::raw); it sends the credential
//! that each operation takes. This module follows the document and not semantic versioning: one more optional parameter
//! changes a method's signature.
//!
//! An [`Error`] of this module may print URLs and bodies. Convert it with [`crate::Error::from_raw`] first.
//!
//! ```
//! # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
//! match client.raw().settings().await {
//!     Ok(settings) => println!("{}", settings.disable_signup.unwrap_or(false)),
//!     Err(error) => return Err(gotrue::Error::from_raw(error).await),
//! }
//! # Ok(()) }
//! ```

mod hooks;

pub use crate::operation::{Credential, OPERATIONS, Operation, SECRETS};
pub use client::{ByteStream, Client, ClientInfo, Error, ResponseValue};

// Generated code is documented by the document; its style is the generator's.
#[allow(missing_docs, unused, rustdoc::all, clippy::all, clippy::pedantic, clippy::unwrap_used)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}
