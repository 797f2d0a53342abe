//! Listing identity providers.

use crate::{
    admin::AdminClient,
    error::{Error, Result},
    input,
    types::SsoProvider,
};

/// A list of identity providers (`GET /admin/sso/providers`), without their metadata.
///
/// ```
/// # async fn f(sso: gotrue::admin::SsoProviders) -> Result<(), gotrue::Error> {
/// let all = sso.list().get().await?;
/// let of_tenants = sso.list().resource_id_prefix("tenant-").get().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "call get"]
pub struct ListSsoProviders {
    admin: AdminClient,
    resource_id: Option<String>,
    resource_id_prefix: Option<String>,
}

impl ListSsoProviders {
    pub(super) fn new(admin: AdminClient) -> Self {
        Self { admin, resource_id: None, resource_id_prefix: None }
    }

    /// Keeps only the provider with this resource id.
    pub fn resource_id(mut self, id: impl Into<String>) -> Self {
        self.resource_id = Some(id.into());
        self
    }

    /// Keeps only providers whose resource id starts with this prefix.
    pub fn resource_id_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.resource_id_prefix = Some(prefix.into());
        self
    }

    /// Fetches all matching providers.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request.
    pub async fn get(self) -> Result<Vec<SsoProvider>> {
        let (id, prefix) = (self.resource_id.as_deref(), self.resource_id_prefix.as_deref());
        input::optional("resource id", id)?;
        input::optional("resource id prefix", prefix)?;
        if id.is_some() && prefix.is_some() {
            return Err(Error::invalid("resource id", "cannot be combined with a prefix"));
        }
        let call = self.admin.raw_call()?;
        let list = call.finish(call.raw.admin_list_sso_providers(id, prefix)).await?;
        Ok(list.items.unwrap_or_default())
    }
}
