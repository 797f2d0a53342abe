//! SSO identity providers (SAML).

mod create;
mod list;
mod update;

use uuid::Uuid;

pub use create::CreateSsoProvider;
pub use list::ListSsoProviders;
pub use update::UpdateSsoProvider;

use crate::{admin::AdminClient, error::Result, input, types::SsoProvider};

/// The SSO identity providers (SAML 2.0).
///
/// ```
/// use gotrue::admin::{CreateSsoProvider, UpdateSsoProvider};
///
/// # async fn f(admin: gotrue::AdminClient) -> Result<(), gotrue::Error> {
/// let sso = admin.sso_providers();
/// let acme = CreateSsoProvider::metadata_url("https://idp.acme.example/metadata").domains(["acme.example"]);
/// let acme = sso.create(acme.resource_id("tenant-7")).await?;
/// sso.update(acme.id, UpdateSsoProvider::of(&acme).disabled(true)).await?;
/// sso.delete(acme.id).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SsoProviders {
    admin: AdminClient,
}

impl SsoProviders {
    pub(super) fn new(admin: AdminClient) -> Self {
        Self { admin }
    }

    /// Returns a list query; the result has no pages. Sends no request yet.
    pub fn list(&self) -> ListSsoProviders {
        ListSsoProviders::new(self.admin.clone())
    }

    /// Creates a provider.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `saml_idp_already_exists`,
    /// `sso_domain_already_exists`, `saml_metadata_fetch_failed`, `validation_failed`.
    pub async fn create(&self, provider: CreateSsoProvider) -> Result<SsoProvider> {
        let request = provider.into_request()?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_create_sso_provider(&request)).await
    }

    /// Returns a provider, with its metadata.
    ///
    /// # Errors
    /// `sso_provider_not_found`.
    pub async fn get(&self, id: Uuid) -> Result<SsoProvider> {
        input::id("SSO provider id", id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_get_sso_provider(&id.to_string())).await
    }

    /// Updates a provider and returns it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `sso_provider_not_found`,
    /// `saml_entity_id_mismatch`, `sso_domain_already_exists`, `saml_metadata_fetch_failed`, `conflict`.
    pub async fn update(&self, id: Uuid, update: UpdateSsoProvider) -> Result<SsoProvider> {
        input::id("SSO provider id", id)?;
        let request = update.into_request()?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_update_sso_provider(&id.to_string(), &request)).await
    }

    /// Deletes a provider and returns it.
    ///
    /// # Errors
    /// `sso_provider_not_found`.
    pub async fn delete(&self, id: Uuid) -> Result<SsoProvider> {
        input::id("SSO provider id", id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_delete_sso_provider(&id.to_string())).await
    }
}
