//! The client that is generated from `openapi/gotrue.yaml`: one method an operation, one type a schema.
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

pub use client::{ByteStream, Client, ClientInfo, Error, ResponseValue, types};
pub use open::*;
pub use operations::{OPERATIONS, SECRETS};

// Generated code is documented by the document; its style is the generator's.
#[allow(missing_docs, unused, rustdoc::all, clippy::all, clippy::pedantic, clippy::unwrap_used)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

mod operations {
    use super::{Credential, Operation};

    include!(concat!(env!("OUT_DIR"), "/operations.rs"));
}

// The words in the descriptions are the document's.
#[allow(clippy::doc_markdown)]
mod open {
    use std::{borrow::Cow, fmt};

    include!(concat!(env!("OUT_DIR"), "/open.rs"));
}

#[cfg(feature = "schemars")]
#[allow(clippy::too_many_lines, reason = "it is a list")]
mod models {
    include!(concat!(env!("OUT_DIR"), "/models.rs"));
}

#[cfg(feature = "schemars")]
pub use models::schemas;

/// The credential that an operation takes, besides the API key that names the project to a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// None.
    None,
    /// The access token of the signed-in user.
    User,
    /// The access token of the signed-in user, if there is one.
    OptionalUser,
    /// The service key.
    Admin,
    /// The id and secret of an OAuth client.
    OAuthClient,
}

/// One operation of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The `operationId`, which is also the method of [`Client`].
    pub id: &'static str,
    /// The HTTP method, upper case.
    pub method: &'static str,
    /// The path, with `{…}` for its parameters.
    pub path: &'static str,
    /// The credential it takes.
    pub credential: Credential,
    /// Whether it changes nothing at the server (RFC 9110, 9.2.1), so that it may be sent again.
    pub safe: bool,
}

impl Operation {
    /// The operation of that id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.id == id)
    }
}
