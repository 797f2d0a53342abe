//! Updating identity providers.

use serde_json::Value;

use crate::{
    error::{Error, Result},
    input,
    types::{NameIdFormat, SamlAttributeMapping, SsoProvider, SsoProviderUpdateRequest},
};

/// An update of an identity provider (`PUT /admin/sso/providers/{idp_id}`). Fields that are not set stay unchanged,
/// except the name id format, which the server clears if it is omitted. [`of`](Self::of) keeps it.
///
/// ```
/// # use gotrue::admin::UpdateSsoProvider;
/// # async fn f(sso: gotrue::admin::SsoProviders, id: uuid::Uuid) -> Result<(), gotrue::Error> {
/// let acme = sso.get(id).await?;
/// sso.update(id, UpdateSsoProvider::of(&acme).domains(["acme.example"])).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to SsoProviders::update"]
pub struct UpdateSsoProvider {
    request: SsoProviderUpdateRequest,
}

impl UpdateSsoProvider {
    /// An update without changes, which keeps the name id format of this provider.
    pub fn of(provider: &SsoProvider) -> Self {
        let name_id_format = provider.saml.as_ref().and_then(|saml| saml.name_id_format.as_deref());
        let name_id_format = name_id_format.map(NameIdFormat::from);
        Self { request: SsoProviderUpdateRequest { name_id_format, ..SsoProviderUpdateRequest::default() } }
    }

    /// An update that clears the name id format.
    pub fn without_name_id_format() -> Self {
        Self { request: SsoProviderUpdateRequest::default() }
    }

    /// Sets the URL of the metadata, `https` only, of the same entity.
    pub fn metadata_url(mut self, url: impl Into<String>) -> Self {
        self.request.metadata_url = Some(url.into());
        self
    }

    /// Sets the metadata, an XML document of the same entity.
    pub fn metadata_xml(mut self, xml: impl Into<String>) -> Self {
        self.request.metadata_xml = Some(xml.into());
        self
    }

    /// Replaces the email domains whose users sign in with the provider. An empty list removes them.
    pub fn domains<S: Into<String>>(mut self, domains: impl IntoIterator<Item = S>) -> Self {
        self.request.domains = Some(domains.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the mapping from assertion attributes to user data.
    pub fn attribute_mapping(mut self, mapping: SamlAttributeMapping) -> Self {
        self.request.attribute_mapping = Some(mapping);
        self
    }

    /// Sets the name id format to request from the provider.
    pub fn name_id_format(mut self, format: impl Into<NameIdFormat>) -> Self {
        self.request.name_id_format = Some(format.into());
        self
    }

    /// Sets an id of the caller's choice, to find the provider again. An empty string removes it.
    pub fn resource_id(mut self, id: impl Into<String>) -> Self {
        self.request.resource_id = Some(id.into());
        self
    }

    /// Sets whether sign-in with the provider is disabled.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.request.disabled = Some(disabled);
        self
    }

    /// Sets `dedicated_scope`, an option of servers since v2.198.0. Its type is not published, so that
    /// any JSON is accepted.
    pub fn dedicated_scope(mut self, value: impl Into<Value>) -> Self {
        self.request.dedicated_scope = Some(value.into());
        self
    }

    pub(super) fn into_request(self) -> Result<SsoProviderUpdateRequest> {
        let request = self.request;
        request.metadata_url.as_deref().map_or(Ok(()), |url| input::https("metadata URL", url))?;
        input::optional("metadata", request.metadata_xml.as_deref())?;
        input::none_empty("domain", request.domains.iter().flatten())?;
        if request.metadata_url.is_some() && request.metadata_xml.is_some() {
            return Err(Error::invalid("metadata", "cannot be combined with a metadata URL"));
        }
        Ok(request)
    }
}
