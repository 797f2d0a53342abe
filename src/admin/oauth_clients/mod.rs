//! Clients of the server's own OAuth.

mod create;
mod update;

use uuid::Uuid;

pub use create::CreateOAuthClient;
pub use update::UpdateOAuthClient;

use crate::{admin::AdminClient, error::Result, input, types::OAuthClient};

/// The clients of the server's own OAuth: applications that let people sign in with an account here.
///
/// ```
/// use gotrue::admin::{CreateOAuthClient, UpdateOAuthClient};
///
/// # async fn f(admin: gotrue::AdminClient) -> Result<(), gotrue::Error> {
/// let clients = admin.oauth_clients();
/// let app = clients.create(CreateOAuthClient::confidential(["https://app.example.com/cb"]).name("App")).await?;
/// // Keep the secret: it is shown this once.
/// let secret = app.client_secret;
///
/// clients.update(app.client_id, UpdateOAuthClient::new().logo_uri("https://app.example.com/logo.svg")).await?;
/// let secret = clients.regenerate_secret(app.client_id).await?.client_secret;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct OAuthClients {
    admin: AdminClient,
}

impl OAuthClients {
    pub(super) fn new(admin: AdminClient) -> Self {
        Self { admin }
    }

    /// All clients, newest first, without their secrets. There are no pages.
    ///
    /// # Errors
    /// `feature_disabled` when the server's own OAuth is switched off. So with all that is below.
    pub async fn list(&self) -> Result<Vec<OAuthClient>> {
        let call = self.admin.call()?;
        // Page and number per page have no effect.
        let list = call.answer(call.raw.admin_list_oauth_clients(None, None).await).await?;
        Ok(list.clients.unwrap_or_default())
    }

    /// Adds a client. A confidential one comes with its secret, this once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `validation_failed`.
    pub async fn create(&self, client: CreateOAuthClient) -> Result<OAuthClient> {
        let request = client.into_request()?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_create_oauth_client(&request).await).await
    }

    /// A client, without its secret.
    ///
    /// # Errors
    /// `oauth_client_not_found`.
    pub async fn get(&self, client_id: Uuid) -> Result<OAuthClient> {
        input::id("client id", client_id)?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_get_oauth_client(&client_id).await).await
    }

    /// Changes a client, and returns it as it is then, without its secret.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `oauth_client_not_found`,
    /// `validation_failed`.
    pub async fn update(&self, client_id: Uuid, update: UpdateOAuthClient) -> Result<OAuthClient> {
        input::id("client id", client_id)?;
        let request = update.into_request()?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_update_oauth_client(&client_id, &request).await).await
    }

    /// Removes a client.
    ///
    /// # Errors
    /// `oauth_client_not_found`.
    pub async fn delete(&self, client_id: Uuid) -> Result<()> {
        input::id("client id", client_id)?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_delete_oauth_client(&client_id).await).await
    }

    /// Gives a confidential client a new secret, which comes with the answer, this once. The old one is void at once.
    ///
    /// # Errors
    /// `oauth_client_not_found`; `validation_failed` when the client is public.
    pub async fn regenerate_secret(&self, client_id: Uuid) -> Result<OAuthClient> {
        input::id("client id", client_id)?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_regenerate_oauth_client_secret(&client_id).await).await
    }
}
