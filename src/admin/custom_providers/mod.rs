//! Custom OAuth and OpenID Connect providers.

mod create;
mod update;

pub use create::{CreateCustomProvider, OAuth2Endpoints};
pub use update::UpdateCustomProvider;

use crate::{
    admin::AdminClient,
    error::{Error, Result},
    types::{CustomProvider, CustomProviderType, Provider},
};

/// The custom OAuth and OpenID Connect providers, in addition to the server's built-in ones.
///
/// A provider is identified by `custom:` and a name; the prefix may be omitted here. [`Provider::custom`] names the
/// provider in a sign-in.
///
/// ```
/// use gotrue::{Provider, admin::{CreateCustomProvider, UpdateCustomProvider}};
///
/// # async fn f(client: gotrue::Client, admin: gotrue::AdminClient) -> Result<(), gotrue::Error> {
/// let providers = admin.custom_providers();
/// let acme = CreateCustomProvider::oidc("acme", "https://acme.example.com", "client-id", "client-secret");
/// let acme = providers.create(acme.scopes(["email", "profile"])).await?;
/// assert_eq!(acme.identifier, "custom:acme");
///
/// let (url, verifier) = client.authorize(Provider::custom("acme")).pkce()?;
/// providers.update("acme", UpdateCustomProvider::new().enabled(false)).await?;
/// providers.delete("acme").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct CustomProviders {
    admin: AdminClient,
}

impl CustomProviders {
    pub(super) fn new(admin: AdminClient) -> Self {
        Self { admin }
    }

    /// Lists all providers, without pagination.
    ///
    /// # Errors
    /// `feature_disabled` if custom providers are disabled on the server; this applies to all methods below as well.
    pub async fn list(&self) -> Result<Vec<CustomProvider>> {
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_list_custom_providers(None)).await.map(|list| list.providers)
    }

    /// Lists the providers of one type.
    ///
    /// # Errors
    /// `validation_failed` for a type that the server does not know.
    pub async fn list_of(&self, kind: impl Into<CustomProviderType>) -> Result<Vec<CustomProvider>> {
        let kind = kind.into();
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_list_custom_providers(Some(&kind))).await.map(|list| list.providers)
    }

    /// Creates a provider. For OpenID Connect, the server fetches the discovery document at once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `conflict` if the identifier is taken, `over_custom_provider_quota`,
    /// `validation_failed`.
    pub async fn create(&self, provider: CreateCustomProvider) -> Result<CustomProvider> {
        let request = provider.into_request()?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_create_custom_provider(&request)).await
    }

    /// Returns a provider. The client secret is never returned.
    ///
    /// # Errors
    /// `custom_provider_not_found`.
    pub async fn get(&self, identifier: impl AsRef<str>) -> Result<CustomProvider> {
        let identifier = full_identifier(identifier.as_ref())?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_get_custom_provider(&identifier)).await
    }

    /// Updates a provider and returns it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `custom_provider_not_found`, `validation_failed`.
    pub async fn update(&self, identifier: impl AsRef<str>, update: UpdateCustomProvider) -> Result<CustomProvider> {
        let identifier = full_identifier(identifier.as_ref())?;
        let request = update.into_request()?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_update_custom_provider(&identifier, &request)).await
    }

    /// Deletes a provider.
    ///
    /// # Errors
    /// `custom_provider_not_found`.
    pub async fn delete(&self, identifier: impl AsRef<str>) -> Result<()> {
        let identifier = full_identifier(identifier.as_ref())?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_delete_custom_provider(&identifier)).await
    }
}

/// Adds the prefix to an identifier. Malformed identifiers are rejected here because the server would return only an
/// unspecific database error.
fn full_identifier(identifier: &str) -> Result<String> {
    let full = Provider::custom(identifier).as_str().to_owned();
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ':' || c == '-';
    let ends_correctly = full.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if full.len() > 50 || !ends_correctly || !full.chars().all(is_allowed) {
        let why = "must be 1 to 43 lower-case letters, digits, colons and hyphens, ending with a letter or digit";
        return Err(Error::invalid("identifier", why));
    }
    Ok(full)
}
