//! The client generated from `openapi/gotrue.yaml`: one method for each operation.
//!
//! It covers operations and parameters that the rest of this crate does not. Use it through
//! [`Client::call`](crate::Client::call) or [`AdminClient::call`](crate::AdminClient::call): each operation is sent
//! with its credential, retries and spans, and an error becomes a [`crate::Error`]. This module follows the document
//! and is exempt from semantic versioning: a new optional parameter changes the signature of a method.
//!
//! ```
//! # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
//! let settings = client.call(async |raw| raw.settings().await).await?;
//! println!("{}", settings.disable_signup.unwrap_or(false));
//! # Ok(()) }
//! ```
//!
//! For a path that the document does not contain, use [`Client::request`](crate::Client::request).
//!
//! The `raw` methods of the clients return the generated client itself. The output of an [`Error`] of this module may
//! contain URLs and bodies, so convert it with [`crate::Error::from_raw`].

mod request;

pub use crate::operation::{Credential, OPERATIONS, Operation, SECRETS};
pub use client::{ByteStream, Client, ClientInfo, Error, ResponseValue};
pub use request::Request;

// The generated code takes its docs from the document and its style from the generator.
#[allow(missing_docs, unused, rustdoc::all, clippy::all, clippy::pedantic, clippy::unwrap_used)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}
