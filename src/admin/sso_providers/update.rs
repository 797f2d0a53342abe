//! Changes to an identity provider.

use crate::{
    error::{Error, Result},
    input,
    types::{NameIdFormat, SamlAttributeMapping, SsoProvider, SsoProviderUpdateRequest},
};

/// What to change of an identity provider (`PUT /admin/sso/providers/{idp_id}`). What is not named stays, with one
/// exception: the server clears the form of name ids when it is left out. [`of`](Self::of) sees to it that it stays.
///
/// ```
/// # use gotrue::admin::UpdateSsoProvider;
/// # async fn f(sso: gotrue::admin::SsoProviders, id: uuid::Uuid) -> Result<(), gotrue::Error> {
/// let acme = sso.get(id).await?;
/// sso.update(id, UpdateSsoProvider::of(&acme).domains(["acme.example"])).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to SsoProviders::update"]
pub struct UpdateSsoProvider {
    request: SsoProviderUpdateRequest,
}

impl UpdateSsoProvider {
    /// No change yet to this provider, as it is now.
    pub fn of(provider: &SsoProvider) -> Self {
        let name_id_format = provider.saml.as_ref().and_then(|saml| saml.name_id_format.clone());
        Self { request: SsoProviderUpdateRequest { name_id_format, ..SsoProviderUpdateRequest::default() } }
    }

    /// Clears the form of name ids, and no other change yet.
    pub fn without_name_id_format() -> Self {
        Self { request: SsoProviderUpdateRequest::default() }
    }

    /// Its metadata from an address, `https` only, of the same entity.
    pub fn metadata_url(mut self, url: impl Into<String>) -> Self {
        self.request.metadata_url = Some(url.into());
        self
    }

    /// Its metadata as they are, an XML document of the same entity.
    pub fn metadata_xml(mut self, xml: impl Into<String>) -> Self {
        self.request.metadata_xml = Some(xml.into());
        self
    }

    /// All the domains of addresses whose owners sign in with it. None of them when it is empty.
    pub fn domains<S: Into<String>>(mut self, domains: impl IntoIterator<Item = S>) -> Self {
        self.request.domains = Some(domains.into_iter().map(Into::into).collect());
        self
    }

    /// Which of a user's data come from which attributes.
    pub fn attribute_mapping(mut self, mapping: SamlAttributeMapping) -> Self {
        self.request.attribute_mapping = Some(mapping);
        self
    }

    /// In which form it is asked to name a user.
    pub fn name_id_format(mut self, format: impl Into<NameIdFormat>) -> Self {
        self.request.name_id_format = Some(format.into());
        self
    }

    /// An id of your own making, to find it again. An empty one removes it.
    pub fn resource_id(mut self, id: impl Into<String>) -> Self {
        self.request.resource_id = Some(id.into());
        self
    }

    /// Whether nobody can sign in with it for now.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.request.disabled = Some(disabled);
        self
    }

    pub(super) fn into_request(self) -> Result<SsoProviderUpdateRequest> {
        let request = self.request;
        request.metadata_url.as_deref().map_or(Ok(()), |url| input::https("metadata URL", url))?;
        input::optional("metadata", request.metadata_xml.as_deref())?;
        input::none_empty("domain", request.domains.iter().flatten())?;
        if request.metadata_url.is_some() && request.metadata_xml.is_some() {
            return Err(Error::invalid("metadata", "and their URL cannot both be given"));
        }
        Ok(request)
    }
}
