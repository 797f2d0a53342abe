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

/// The custom OAuth and OpenID Connect providers, besides those that the server knows by itself.
///
/// A provider goes by its identifier, which is `custom:` and a name; here the prefix may be left out. People sign in with
/// it by [`Provider::custom`].
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

    /// All providers, of which there are no pages.
    ///
    /// # Errors
    /// `feature_disabled` when the server has custom providers switched off. So with all that is below.
    pub async fn list(&self) -> Result<Vec<CustomProvider>> {
        let call = self.admin.call()?;
        call.answer(call.raw.admin_list_custom_providers(None).await).await.map(|list| list.providers)
    }

    /// The providers of one kind.
    ///
    /// # Errors
    /// `validation_failed` for a kind that the server does not know.
    pub async fn list_of(&self, kind: impl Into<CustomProviderType>) -> Result<Vec<CustomProvider>> {
        let kind = kind.into();
        let call = self.admin.call()?;
        call.answer(call.raw.admin_list_custom_providers(Some(&kind)).await).await.map(|list| list.providers)
    }

    /// Adds a provider. Of OpenID Connect, the server fetches the discovery document at once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `conflict` when the identifier is taken,
    /// `over_custom_provider_quota`, `validation_failed`.
    pub async fn create(&self, provider: CreateCustomProvider) -> Result<CustomProvider> {
        let request = provider.into_request()?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_create_custom_provider(&request).await).await
    }

    /// A provider. Its client secret is never shown.
    ///
    /// # Errors
    /// `custom_provider_not_found`.
    pub async fn get(&self, identifier: impl AsRef<str>) -> Result<CustomProvider> {
        let identifier = full_identifier(identifier.as_ref())?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_get_custom_provider(&identifier).await).await
    }

    /// Changes a provider, and returns it as it is then.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `custom_provider_not_found`, `validation_failed`.
    pub async fn update(&self, identifier: impl AsRef<str>, update: UpdateCustomProvider) -> Result<CustomProvider> {
        let identifier = full_identifier(identifier.as_ref())?;
        let request = update.into_request()?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_update_custom_provider(&identifier, &request).await).await
    }

    /// Removes a provider.
    ///
    /// # Errors
    /// `custom_provider_not_found`.
    pub async fn delete(&self, identifier: impl AsRef<str>) -> Result<()> {
        let identifier = full_identifier(identifier.as_ref())?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_delete_custom_provider(&identifier).await).await
    }
}

/// The identifier with its prefix. The server's database refuses other forms with an error that says nothing.
fn full_identifier(identifier: &str) -> Result<String> {
    let full = Provider::custom(identifier).as_str().to_owned();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ':' || c == '-';
    let ends_well = full.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if full.len() > 50 || !ends_well || !full.chars().all(fits) {
        let why = "is not 1 to 43 lower-case letters, digits, colons and hyphens, with a letter or digit at the end";
        return Err(Error::invalid("identifier", why));
    }
    Ok(full)
}
