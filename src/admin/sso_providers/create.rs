//! Creating identity providers.

use serde_json::Value;

use crate::{
    error::Result,
    input,
    types::{NameIdFormat, SamlAttributeMapping, SsoProviderCreateRequest, SsoProviderType},
};

/// A new identity provider (`POST /admin/sso/providers`).
///
/// ```
/// # use gotrue::admin::CreateSsoProvider;
/// use gotrue::types::{NameIdFormat, SamlAttribute, SamlAttributeMapping};
///
/// # async fn f(sso: gotrue::admin::SsoProviders, xml: String) -> Result<(), gotrue::Error> {
/// let mail = SamlAttribute { name: Some("mail".to_owned()), ..SamlAttribute::default() };
/// let mapping = SamlAttributeMapping { keys: Some([("email".to_owned(), mail)].into()) };
/// let acme = CreateSsoProvider::metadata_xml(xml)
///     .domains(["acme.example", "acme.test"])
///     .attribute_mapping(mapping)
///     .name_id_format("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
/// sso.create(acme).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to SsoProviders::create"]
pub struct CreateSsoProvider {
    request: SsoProviderCreateRequest,
}

impl CreateSsoProvider {
    /// A new provider with metadata from a URL, `https` only. The server fetches the metadata at once, and again from
    /// time to time.
    pub fn metadata_url(url: impl Into<String>) -> Self {
        Self::new(Some(url.into()), None)
    }

    /// A new provider with this metadata, an XML document.
    pub fn metadata_xml(xml: impl Into<String>) -> Self {
        Self::new(None, Some(xml.into()))
    }

    fn new(metadata_url: Option<String>, metadata_xml: Option<String>) -> Self {
        let request = SsoProviderCreateRequest {
            type_: SsoProviderType::Saml,
            metadata_url,
            metadata_xml,
            domains: None,
            attribute_mapping: None,
            name_id_format: None,
            resource_id: None,
            disabled: None,
            dedicated_scope: None,
        };
        Self { request }
    }

    /// Sets the email domains whose users sign in with the provider.
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

    /// Sets an id of the caller's choice, to find the provider again.
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

    pub(super) fn into_request(self) -> Result<SsoProviderCreateRequest> {
        let request = self.request;
        request.metadata_url.as_deref().map_or(Ok(()), |url| input::https("metadata URL", url))?;
        input::optional("metadata", request.metadata_xml.as_deref())?;
        input::none_empty("domain", request.domains.iter().flatten())?;
        input::optional("resource id", request.resource_id.as_deref())?;
        input::optional("name id format", request.name_id_format.as_ref().map(NameIdFormat::as_str))?;
        Ok(request)
    }
}
