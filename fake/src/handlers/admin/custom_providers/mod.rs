//! Custom OAuth and OIDC providers.

pub(crate) mod change;

use serde_json::Map;

use crate::{
    handlers::admin::custom_providers::change::{
        Change, check_identifier, check_parameters, check_stored, check_urls, check_whole,
    },
    model::{
        CustomProviderType, ErrorCode,
        types::{CustomProvider, CustomProviderList, OidcDiscovery},
    },
    state::{State, table::Place},
    wire::{ApiError, ApiResult, Request, Response, json_body, json_response, ok},
};

/// `GET /admin/custom-providers`.
pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let wanted = request.query("type").filter(|wanted| !wanted.is_empty()).map(CustomProviderType::from);
    if wanted.as_ref().is_some_and(|wanted| !CustomProviderType::KNOWN.contains(wanted)) {
        return Err(ApiError::validation_failed("type must be either 'oauth2' or 'oidc'"));
    }
    let fits = |provider: &&CustomProvider| wanted.as_ref().is_none_or(|wanted| provider.provider_type == *wanted);
    ok(&CustomProviderList { providers: state.custom_providers.iter().filter(fits).cloned().collect() })
}

/// `GET /admin/custom-providers/{identifier}`.
pub(crate) fn get(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    ok(&state.custom_providers[place])
}

/// `DELETE /admin/custom-providers/{identifier}`.
pub(crate) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    state.custom_providers.remove(place);
    Ok(Response::new(204))
}

/// `POST /admin/custom-providers`. The secret is never returned.
pub(crate) fn create(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let new: Change = json_body(request)?;
    let type_ = new.provider_type.clone().filter(|type_| CustomProviderType::KNOWN.contains(type_));
    let type_ = type_.ok_or_else(|| ApiError::validation_failed("provider_type must be either 'oauth2' or 'oidc'"))?;
    let is_oidc = type_ == CustomProviderType::Oidc;
    check_whole(&new, is_oidc)?;
    check_parameters(&new)?;
    let most = state.settings.max_custom_providers;
    if most > 0 && state.custom_providers.len() >= most {
        let message = "Maximum number of custom OAuth/OIDC providers reached";
        return Err(ApiError::new(400, ErrorCode::OverCustomProviderQuota, message));
    }
    check_urls(&new, is_oidc)?;
    if state.custom_provider(&new.identifier).is_some() {
        let message = "A custom OAuth provider with this identifier already exists";
        return Err(ApiError::new(400, ErrorCode::Conflict, message));
    }
    check_stored(&new, "Error creating custom OAuth provider")?;
    let now = Some(state.now());
    let mut provider = CustomProvider {
        id: state.random.id(),
        provider_type: type_,
        identifier: new.identifier.clone(),
        name: None,
        client_id: None,
        acceptable_client_ids: Some(Vec::new()),
        scopes: Some(Vec::new()),
        pkce_enabled: Some(true),
        attribute_mapping: Some(Map::new()),
        custom_claims_allowlist: Some(Vec::new()),
        authorization_params: Some(Map::new()),
        enabled: Some(true),
        email_optional: Some(false),
        issuer: None,
        discovery_url: None,
        discovery_document: None,
        skip_nonce_check: Some(false),
        authorization_url: None,
        token_url: None,
        userinfo_url: None,
        jwks_uri: None,
        created_at: now,
        updated_at: now,
    };
    apply(&mut provider, new);
    let response = json_response(201, &provider);
    state.custom_providers.push(provider);
    Ok(response)
}

/// `PUT /admin/custom-providers/{identifier}`: changes the given fields.
pub(crate) fn update(state: &mut State, request: &Request) -> ApiResult {
    let identifier = identifier(state, request)?;
    let change: Change = json_body(request)?;
    check_parameters(&change)?;
    let place = place_of(state, &identifier)?;
    check_urls(&change, state.custom_providers[place].provider_type == CustomProviderType::Oidc)?;
    check_stored(&change, "Error updating custom OAuth provider")?;
    let now = state.now();
    let provider = &mut state.custom_providers[place];
    apply(provider, change);
    provider.updated_at = Some(now);
    ok(provider)
}

fn apply(provider: &mut CustomProvider, change: Change) {
    let set = |place: &mut Option<String>, text: String| {
        if !text.is_empty() {
            *place = Some(text);
        }
    };
    set(&mut provider.name, change.name);
    set(&mut provider.client_id, change.client_id);
    provider.acceptable_client_ids = change.acceptable_client_ids.or(provider.acceptable_client_ids.take());
    provider.scopes = change.scopes.or(provider.scopes.take());
    provider.pkce_enabled = change.pkce_enabled.or(provider.pkce_enabled);
    provider.attribute_mapping = change.attribute_mapping.or(provider.attribute_mapping.take());
    provider.custom_claims_allowlist = change.custom_claims_allowlist.or(provider.custom_claims_allowlist.take());
    provider.authorization_params = change.authorization_params.or(provider.authorization_params.take());
    provider.enabled = change.enabled.or(provider.enabled);
    provider.email_optional = change.email_optional.or(provider.email_optional);
    if provider.provider_type == CustomProviderType::Oidc {
        let has_news = !change.issuer.is_empty() || change.discovery_url.is_some();
        set(&mut provider.issuer, change.issuer);
        set(&mut provider.discovery_url, change.discovery_url.unwrap_or_default());
        provider.skip_nonce_check = change.skip_nonce_check.or(provider.skip_nonce_check);
        let scopes = provider.scopes.get_or_insert_default();
        if !scopes.iter().any(|scope| scope == "openid") {
            scopes.insert(0, "openid".to_owned());
        }
        if has_news {
            provider.discovery_document = provider.issuer.as_deref().map(discovered);
        }
    } else {
        set(&mut provider.authorization_url, change.authorization_url);
        set(&mut provider.token_url, change.token_url);
        set(&mut provider.userinfo_url, change.userinfo_url);
        set(&mut provider.jwks_uri, change.jwks_uri.unwrap_or_default());
    }
}

/// Returns a discovery document derived from the issuer, because the fake server fetches nothing.
fn discovered(issuer: &str) -> OidcDiscovery {
    let at = |path: &str| Some(format!("{}/{path}", issuer.trim_end_matches('/')));
    OidcDiscovery {
        issuer: Some(issuer.to_owned()),
        authorization_endpoint: at("authorize"),
        token_endpoint: at("token"),
        userinfo_endpoint: at("userinfo"),
        jwks_uri: at("jwks"),
        scopes_supported: None,
        response_types_supported: None,
        grant_types_supported: None,
        subject_types_supported: None,
    }
}

pub(crate) fn identifier(state: &mut State, request: &Request) -> Result<String, ApiError> {
    state.check_admin(request)?;
    let identifier = request.segment(3);
    if identifier.is_empty() {
        return Err(ApiError::validation_failed("identifier is required"));
    }
    check_identifier(&identifier)?;
    Ok(identifier)
}

fn place_of(state: &State, identifier: &str) -> Result<Place, ApiError> {
    let place = state.custom_providers.position(|provider| provider.identifier == identifier);
    let message = "Custom OAuth provider not found";
    place.ok_or_else(|| ApiError::new(404, ErrorCode::CustomProviderNotFound, message))
}

fn find(state: &mut State, request: &Request) -> Result<Place, ApiError> {
    let identifier = identifier(state, request)?;
    place_of(state, &identifier)
}
