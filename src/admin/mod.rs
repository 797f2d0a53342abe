//! What the service key may do.

mod invite;

pub use invite::Invite;

use crate::{client::Client, error::Result, raw, secret::Secret, transport::Call};

/// Acts with the service key, for servers only: whoever has the key has everything.
///
/// The key lives here and nowhere else; no sign-in can reach or change it. Each call fails with `not_admin` or
/// `bad_jwt` when the key is none.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let admin = client.admin("service-key");
/// let user = admin.invite(gotrue::Invite::email("ada@example.com")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AdminClient {
    client: Client,
    service_key: Secret,
}

impl AdminClient {
    pub(crate) fn new(client: Client, service_key: Secret) -> Self {
        Self { client, service_key }
    }

    /// The generated client, with the service key.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when the key is empty or cannot be sent.
    pub fn raw(&self) -> Result<raw::Client> {
        self.call().map(|call| call.raw)
    }

    fn call(&self) -> Result<Call> {
        self.client.call_with_key("service key", &self.service_key)
    }
}
