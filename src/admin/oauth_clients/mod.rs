//! OAuth clients of this server.

mod update;

use uuid::Uuid;

pub use update::UpdateOAuthClient;

use crate::{admin::AdminClient, error::Result, input, oauth::NewOAuthClient, types::OAuthClient};

/// The OAuth clients of this server: applications in which users sign in with their account here.
///
/// ```
/// use gotrue::{admin::UpdateOAuthClient, oauth::NewOAuthClient};
///
/// # async fn f(admin: gotrue::AdminClient) -> Result<(), gotrue::Error> {
/// let clients = admin.oauth_clients();
/// let app = clients.create(NewOAuthClient::confidential(["https://app.example.com/cb"]).client_name("App")).await?;
/// // Store the secret: it is returned only once.
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

    /// Lists all clients, newest first, without their secrets and without pagination.
    ///
    /// # Errors
    /// `feature_disabled` if the OAuth server is disabled; this applies to all methods below as well.
    pub async fn list(&self) -> Result<Vec<OAuthClient>> {
        let call = self.admin.raw_call()?;
        // `page` and `per_page` have no effect.
        let list = call.finish(call.raw.admin_list_oauth_clients(None, None)).await?;
        Ok(list.clients.unwrap_or_default())
    }

    /// Creates a client (`POST /admin/oauth/clients`). The secret of a confidential client is returned only once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `validation_failed`.
    pub async fn create(&self, client: NewOAuthClient) -> Result<OAuthClient> {
        let request = client.into_request()?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_create_oauth_client(&request)).await
    }

    /// Returns a client, without its secret.
    ///
    /// # Errors
    /// `oauth_client_not_found`.
    pub async fn get(&self, client_id: Uuid) -> Result<OAuthClient> {
        input::id("client id", client_id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_get_oauth_client(&client_id)).await
    }

    /// Updates a client and returns it, without its secret.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `oauth_client_not_found`,
    /// `validation_failed`.
    pub async fn update(&self, client_id: Uuid, update: UpdateOAuthClient) -> Result<OAuthClient> {
        input::id("client id", client_id)?;
        let request = update.into_request()?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_update_oauth_client(&client_id, &request)).await
    }

    /// Deletes a client.
    ///
    /// # Errors
    /// `oauth_client_not_found`.
    pub async fn delete(&self, client_id: Uuid) -> Result<()> {
        input::id("client id", client_id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_delete_oauth_client(&client_id)).await
    }

    /// Replaces the secret of a confidential client and returns the new one, only once. The old one stops working at
    /// once.
    ///
    /// # Errors
    /// `oauth_client_not_found`; `validation_failed` if the client is public.
    pub async fn regenerate_secret(&self, client_id: Uuid) -> Result<OAuthClient> {
        input::id("client id", client_id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_regenerate_oauth_client_secret(&client_id)).await
    }
}
