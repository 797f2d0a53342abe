//! The operations of the document: method, path, credential, and whether they may be sent again.

include!(concat!(env!("OUT_DIR"), "/operations.rs"));

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
    /// The `operationId`, which is also the name of the method of [`raw::Client`](crate::raw::Client).
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
