//! The client generated from `openapi/gotrue.yaml`: one method for each operation.
//!
//! For what the rest of this crate does not cover. Use it through [`Client::call`](crate::Client::call) or
//! [`AdminClient::call`](crate::AdminClient::call): each operation is sent with its credential, retries and spans, and an
//! error becomes a [`crate::Error`]. This module follows the document and not semantic versioning: another optional
//! parameter changes a method's signature.
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
//! The methods `raw` of the clients return the generated client itself. An [`Error`] of this module may print URLs and
//! bodies, so convert it with [`crate::Error::from_raw`].

mod hooks;
mod request;

pub use crate::operation::{Credential, OPERATIONS, Operation, SECRETS};
pub use client::{ByteStream, Client, ClientInfo, Error, ResponseValue};
pub use request::Request;

// Generated code is documented by the document; its style is the generator's.
#[allow(missing_docs, unused, rustdoc::all, clippy::all, clippy::pedantic, clippy::unwrap_used)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}
