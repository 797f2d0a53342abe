//! An application that signs people in through this server, as its OAuth client.

use uuid::Uuid;

use crate::{client::Client, error::Result, raw, secret::Secret};

/// Acts for a confidential OAuth client: its id and secret are sent by HTTP Basic authentication where an operation
/// takes them (`POST /oauth/token`).
///
/// ```
/// # async fn f(client: gotrue::Client, code: gotrue::raw::types::OAuthTokenRequest) -> Result<(), gotrue::Error> {
/// let id = gotrue::uuid::uuid!("495a8cfc-297a-4b71-93bf-9799cc4a93ce");
/// let app = client.oauth_app(id, "client-secret").raw()?;
/// match app.oauth_token(&code).await {
///     Ok(tokens) => println!("for {} seconds", tokens.expires_in),
///     Err(error) => return Err(gotrue::Error::from_raw(error).await),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct OAuthApp {
    client: Client,
    client_id: Uuid,
    client_secret: Secret,
}

impl OAuthApp {
    pub(crate) fn new(client: Client, client_id: Uuid, client_secret: Secret) -> Self {
        Self { client, client_id, client_secret }
    }

    /// The generated client, with the id and secret.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when the secret is empty.
    pub fn raw(&self) -> Result<raw::Client> {
        self.client.call_as_oauth_client(self.client_id, &self.client_secret).map(|call| call.raw)
    }
}
