//! SAML providers, for an administrator.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::{
    handlers::sso::idp_metadata::{self, Metadata},
    model::{
        ErrorCode, NameIdFormat,
        types::{SamlAttributeMapping, SamlProvider, SsoDomain, SsoProvider},
    },
    state::{State, rows::sso::SsoRow, table::Place},
    wire::{ApiError, ApiResult, Request, json_body, json_response, ok},
};

/// Like every unknown member, `dedicated_scope` is accepted and ignored: its effect is not published.
#[derive(Default, Deserialize)]
#[serde(default, rename = "CreateSSOProviderParams")]
struct Change {
    #[serde(rename = "type")]
    type_: String,
    metadata_url: Option<String>,
    metadata_xml: Option<String>,
    domains: Option<Vec<String>>,
    attribute_mapping: Option<SamlAttributeMapping>,
    name_id_format: Option<NameIdFormat>,
    resource_id: Option<String>,
    disabled: Option<bool>,
}

/// `GET /admin/sso/providers`, without the metadata.
pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let wanted = request.query("resource_id");
    let prefix = request.query("resource_id_prefix");
    let fits = |row: &&SsoRow| {
        let id = row.provider.resource_id.as_deref().unwrap_or_default();
        wanted.as_deref().is_none_or(|wanted| id == wanted)
            && prefix.as_deref().is_none_or(|prefix| id.starts_with(prefix))
    };
    let brief = |row: &SsoRow| {
        let mut provider = row.provider.clone();
        provider.saml.iter_mut().for_each(|saml| saml.metadata_xml = None);
        told(&provider)
    };
    ok(&json!({ "items": state.sso.iter().filter(fits).map(brief).collect::<Vec<_>>() }))
}

/// `GET /admin/sso/providers/{idp_id}`.
pub(crate) fn get(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    ok(&told(&state.sso[place].provider))
}

/// `DELETE /admin/sso/providers/{idp_id}`.
pub(crate) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    ok(&told(&state.sso.remove(place).provider))
}

/// `POST /admin/sso/providers`.
pub(crate) fn create(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let new = read(request)?;
    if new.type_ != "saml" {
        return Err(ApiError::validation_failed("Only 'saml' supported for SSO provider type"));
    }
    check(&new)?;
    let metadata = idp_metadata::read(new.metadata_url.clone(), new.metadata_xml.clone())?;
    let metadata =
        metadata.ok_or_else(|| ApiError::validation_failed("Either metadata_xml or metadata_url must be set"))?;
    let saml_of = |row: &SsoRow| row.provider.saml.as_ref().and_then(|saml| saml.entity_id.clone());
    if state.sso.iter().any(|row| saml_of(row).as_deref() == Some(&*metadata.entity_id)) {
        let message = format!("SAML Identity Provider with this EntityID ({}) already exists", metadata.entity_id);
        return Err(ApiError::new(422, ErrorCode::SamlIdpAlreadyExists, message));
    }
    let domains = new.domains.unwrap_or_default();
    for domain in &domains {
        if let Some(row) = state.sso_of(domain) {
            let owner = row.provider.id;
            let message = format!("SSO Domain '{domain}' is already assigned to an SSO identity provider ({owner})");
            return Err(ApiError::new(400, ErrorCode::SsoDomainAlreadyExists, message));
        }
    }
    if new.resource_id.is_some() && state.sso.iter().any(|row| row.provider.resource_id == new.resource_id) {
        // The database refuses it.
        return Err(ApiError::unforeseen());
    }
    let now = Some(state.now());
    let provider = SsoProvider {
        id: state.random.id(),
        resource_id: new.resource_id,
        disabled: new.disabled,
        saml: Some(SamlProvider {
            entity_id: Some(metadata.entity_id),
            metadata_url: new.metadata_url,
            metadata_xml: Some(metadata.xml),
            attribute_mapping: Some(json!(new.attribute_mapping.unwrap_or(SamlAttributeMapping { keys: None }))),
            name_id_format: new.name_id_format.map(|format| format.to_string()),
        }),
        domains: Some(domains.into_iter().map(|domain| SsoDomain { domain }).collect()),
        created_at: now,
        updated_at: now,
    };
    let response = json_response(201, &told(&provider));
    state.sso.push(SsoRow { provider, location: metadata.location });
    Ok(response)
}

/// `PUT /admin/sso/providers/{idp_id}`: changes the given fields.
pub(crate) fn update(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    let change = read(request)?;
    check(&change)?;
    let metadata = idp_metadata::read(change.metadata_url.clone(), change.metadata_xml.clone())?;
    let (id, now) = (state.sso[place].provider.id, state.now());
    for domain in change.domains.iter().flatten() {
        if let Some(owner) = state.sso_of(domain).map(|row| row.provider.id).filter(|owner| *owner != id) {
            let message = format!("SSO domain '{domain}' already assigned to another provider ({owner})");
            return Err(ApiError::new(400, ErrorCode::SsoDomainAlreadyExists, message));
        }
    }
    let SsoRow { provider, location } = &mut state.sso[place];
    if let Some(saml) = &mut provider.saml {
        let mapping = change.attribute_mapping.map(|mapping| json!(mapping));
        let is_mapped_anew = mapping.is_some() && mapping != saml.attribute_mapping;
        // The real server saves the format only together with one of these.
        if metadata.is_some() || is_mapped_anew {
            saml.name_id_format = change.name_id_format.map(|format| format.to_string());
        }
        if let Some(metadata) = metadata {
            check_entity(saml, &metadata)?;
            saml.metadata_xml = Some(metadata.xml);
            *location = metadata.location;
            saml.metadata_url = change.metadata_url.or(saml.metadata_url.take());
        }
        saml.attribute_mapping = mapping.or(saml.attribute_mapping.take());
    }
    if let Some(domains) = change.domains {
        provider.domains = Some(domains.into_iter().map(|domain| SsoDomain { domain }).collect());
    }
    if let Some(resource_id) = change.resource_id {
        provider.resource_id = Some(resource_id).filter(|id| !id.is_empty());
    }
    provider.disabled = change.disabled.or(provider.disabled);
    provider.updated_at = Some(now);
    ok(&told(provider))
}

fn check_entity(saml: &SamlProvider, metadata: &Metadata) -> Result<(), ApiError> {
    let expected = saml.entity_id.as_deref().unwrap_or_default();
    if expected == metadata.entity_id {
        return Ok(());
    }
    let message = format!(
        "SAML Metadata can be updated only if the EntityID matches for the provider; expected '{expected}' but got '{}'",
        metadata.entity_id
    );
    Err(ApiError::new(400, ErrorCode::SamlEntityIdMismatch, message))
}

/// Reads a change. Empty texts, and a mapping without keys, are absent.
fn read(request: &Request) -> Result<Change, ApiError> {
    let mut change: Change = json_body(request)?;
    change.metadata_url.take_if(|text| text.is_empty());
    change.metadata_xml.take_if(|text| text.is_empty());
    change.name_id_format.take_if(|format| format.as_str().is_empty());
    if let Some(mapping) = &mut change.attribute_mapping {
        mapping.keys.take_if(|keys| keys.is_empty());
    }
    if change.domains.iter().flatten().any(String::is_empty) {
        // The database refuses it.
        return Err(ApiError::unforeseen());
    }
    Ok(change)
}

fn check(change: &Change) -> Result<(), ApiError> {
    if change.metadata_url.is_some() && change.metadata_xml.is_some() {
        return Err(ApiError::validation_failed("Only one of metadata_xml or metadata_url needs to be set"));
    }
    if let Some(url) = &change.metadata_url {
        let url = Url::parse(url).map_err(|_| ApiError::validation_failed("metadata_url is not a valid URL"))?;
        if url.scheme() != "https" {
            return Err(ApiError::validation_failed("metadata_url is not a HTTPS URL"));
        }
    }
    let known = || {
        let known =
            [NameIdFormat::Persistent, NameIdFormat::EmailAddress, NameIdFormat::Transient, NameIdFormat::Unspecified];
        known.each_ref().map(NameIdFormat::as_str).join(", ")
    };
    match &change.name_id_format {
        Some(format) if !NameIdFormat::KNOWN.contains(format) => {
            Err(ApiError::validation_failed(format!("name_id_format must be unspecified or one of {}", known())))
        }
        _ => Ok(()),
    }
}

/// Finds a provider by its id, or by `resource_` and its resource id.
pub(crate) fn find(state: &mut State, request: &Request) -> Result<Place, ApiError> {
    state.check_admin(request)?;
    let id = request.segment(4);
    let is_it = |row: &SsoRow| match id.strip_prefix("resource_") {
        Some(resource) => row.provider.resource_id.as_deref() == Some(resource),
        None => Uuid::try_parse(&id).is_ok_and(|id| row.provider.id == id),
    };
    let not_found = || ApiError::new(404, ErrorCode::SsoProviderNotFound, "SSO Identity Provider not found");
    state.sso.position(is_it).ok_or_else(not_found)
}

/// Returns the provider as JSON with `disabled`, which the server includes even if it is null.
pub(crate) fn told(provider: &SsoProvider) -> Value {
    let mut told = json!(provider);
    told["disabled"] = json!(provider.disabled);
    told
}
