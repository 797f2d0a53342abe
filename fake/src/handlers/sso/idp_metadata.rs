//! The metadata of SAML identity providers.

use roxmltree::Document;

use crate::wire::ApiError;

const REDIRECT_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// The parsed metadata of a provider.
pub(crate) struct Metadata {
    pub(crate) entity_id: String,
    pub(crate) location: String,
    pub(crate) xml: String,
}

/// Parses the metadata. This server fetches nothing: a URL becomes the entity id.
pub(crate) fn read(url: Option<String>, xml: Option<String>) -> Result<Option<Metadata>, ApiError> {
    if let Some(url) = url {
        let xml = format!("<EntityDescriptor entityID=\"{}\"/>", url.replace('&', "&amp;"));
        return Ok(Some(Metadata { entity_id: url.clone(), location: url, xml }));
    }
    let Some(xml) = xml.filter(|xml| !xml.is_empty()) else { return Ok(None) };
    let document = Document::parse(&xml).map_err(|_| ApiError::unforeseen())?;
    if document.root_element().tag_name().name() != "EntityDescriptor" {
        return Err(ApiError::unforeseen());
    }
    let entity_id = document.root_element().attribute("entityID").unwrap_or_default().to_owned();
    if entity_id.is_empty() {
        return Err(ApiError::validation_failed("SAML Metadata does not contain an EntityID"));
    }
    let named = |name: &'static str| document.descendants().filter(move |node| node.tag_name().name() == name);
    match named("IDPSSODescriptor").count() {
        0 => return Err(ApiError::validation_failed("SAML Metadata does not contain any IDPSSODescriptor")),
        1 => {}
        _ => return Err(ApiError::validation_failed("SAML Metadata contains multiple IDPSSODescriptors")),
    }
    let mut services = named("SingleSignOnService").filter(|node| node.attribute("Binding") == Some(REDIRECT_BINDING));
    let location = services.next().and_then(|node| node.attribute("Location")).unwrap_or_default().to_owned();
    Ok(Some(Metadata { entity_id, location, xml }))
}
