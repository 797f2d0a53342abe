//! Providers that an administrator adds.

use crate::wire::{ApiError, ApiResult, Request, Response, json_body, json_response, ok};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::{Host, Url};

use super::state::State;
use crate::model::{
    CustomProviderType, ErrorCode,
    types::{CustomProvider, CustomProviderList, OidcDiscovery},
};
use gotrue::Secret;

/// How many there may be.
const MOST: usize = 10;

/// Parameters of an authorization that are the server's own.
const RESERVED: [&str; 9] = [
    "client_id",
    "client_secret",
    "redirect_uri",
    "response_type",
    "state",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "nonce",
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Change {
    provider_type: Option<CustomProviderType>,
    identifier: String,
    name: String,
    client_id: String,
    client_secret: Secret,
    acceptable_client_ids: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    pkce_enabled: Option<bool>,
    attribute_mapping: Option<Map<String, Value>>,
    custom_claims_allowlist: Option<Vec<String>>,
    authorization_params: Option<Map<String, Value>>,
    enabled: Option<bool>,
    email_optional: Option<bool>,
    issuer: String,
    discovery_url: Option<String>,
    skip_nonce_check: Option<bool>,
    authorization_url: String,
    token_url: String,
    userinfo_url: String,
    jwks_uri: Option<String>,
}

/// `GET /admin/custom-providers`.
pub(super) fn list(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let wanted = request.query("type").filter(|wanted| !wanted.is_empty()).map(CustomProviderType::from);
    if wanted.as_ref().is_some_and(|wanted| !CustomProviderType::KNOWN.contains(wanted)) {
        return Err(ApiError::validation_failed("type must be either 'oauth2' or 'oidc'"));
    }
    let fits = |provider: &&CustomProvider| wanted.as_ref().is_none_or(|wanted| provider.provider_type == *wanted);
    ok(&CustomProviderList { providers: state.custom_providers.iter().filter(fits).cloned().collect() })
}

/// `GET /admin/custom-providers/{identifier}`.
pub(super) fn get(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    ok(&state.custom_providers[place])
}

/// `DELETE /admin/custom-providers/{identifier}`.
pub(super) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    state.custom_providers.remove(place);
    Ok(Response::new(204))
}

/// `POST /admin/custom-providers`. The secret is not told again.
pub(super) fn create(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let new: Change = json_body(request)?;
    let type_ = new.provider_type.clone().filter(|type_| CustomProviderType::KNOWN.contains(type_));
    let type_ = type_.ok_or_else(|| ApiError::validation_failed("provider_type must be either 'oauth2' or 'oidc'"))?;
    let is_oidc = type_ == CustomProviderType::Oidc;
    check_whole(&new, is_oidc)?;
    check_parameters(&new)?;
    if state.custom_providers.len() >= MOST {
        let message = "Maximum number of custom OAuth/OIDC providers reached";
        return Err(ApiError::new(400, ErrorCode::OverCustomProviderQuota, message));
    }
    check_urls(&new, is_oidc)?;
    if state.custom_provider(&new.identifier).is_some() {
        let message = "A custom OAuth provider with this identifier already exists";
        return Err(ApiError::new(400, ErrorCode::Conflict, message));
    }
    let now = Some(state.now());
    let mut provider = CustomProvider {
        id: state.draw_id(),
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

/// `PUT /admin/custom-providers/{identifier}`: what is given is changed.
pub(super) fn update(state: &mut State, request: &Request) -> ApiResult {
    let identifier = identifier(state, request)?;
    let change: Change = json_body(request)?;
    check_parameters(&change)?;
    let place = place_of(state, &identifier)?;
    check_urls(&change, state.custom_providers[place].provider_type == CustomProviderType::Oidc)?;
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

/// In place of the document that the issuer publishes: this server fetches nothing.
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

fn check_whole(new: &Change, is_oidc: bool) -> Result<(), ApiError> {
    let required = |text: &str, message: &str| {
        if text.is_empty() { Err(ApiError::validation_failed(message)) } else { Ok(()) }
    };
    required(&new.identifier, "identifier is required")?;
    check_identifier(&new.identifier)?;
    required(&new.name, "name is required")?;
    required(&new.client_id, "client_id is required")?;
    required(new.client_secret.expose(), "client_secret is required")?;
    if is_oidc {
        return required(&new.issuer, "issuer is required for OIDC providers");
    }
    required(&new.authorization_url, "authorization_url is required for OAuth2 providers")?;
    required(&new.token_url, "token_url is required for OAuth2 providers")?;
    required(&new.userinfo_url, "userinfo_url is required for OAuth2 providers")
}

fn check_identifier(identifier: &str) -> Result<(), ApiError> {
    if identifier.starts_with("custom:") {
        return Ok(());
    }
    let message = format!("identifier must start with 'custom:' prefix, e.g. 'custom:{identifier}'");
    Err(ApiError::validation_failed(message))
}

fn check_parameters(change: &Change) -> Result<(), ApiError> {
    for (name, value) in change.authorization_params.iter().flatten() {
        if RESERVED.contains(&name.as_str()) {
            return Err(ApiError::validation_failed(format!("Cannot override reserved OAuth parameter: {name}")));
        }
        if !value.is_string() {
            return Err(ApiError::validation_failed(format!("Authorization parameter {name:?} must be a string")));
        }
    }
    Ok(())
}

/// What this server would not ask. Names are not resolved.
fn check_urls(change: &Change, is_oidc: bool) -> Result<(), ApiError> {
    let optional = |url: &Option<String>| url.clone().unwrap_or_default();
    let urls = if is_oidc {
        vec![change.issuer.clone(), optional(&change.discovery_url)]
    } else {
        let [authorization, token, userinfo] = [&change.authorization_url, &change.token_url, &change.userinfo_url];
        vec![authorization.clone(), token.clone(), userinfo.clone(), optional(&change.jwks_uri)]
    };
    urls.iter().filter(|url| !url.is_empty()).try_for_each(|url| check_url(url))
}

fn check_url(url: &str) -> Result<(), ApiError> {
    let refuse = |message| Err(ApiError::validation_failed(message));
    let Ok(url) = Url::parse(url) else { return refuse("Invalid URL format") };
    if url.scheme() != "https" {
        return refuse("URL must use HTTPS");
    }
    let is_near = match url.host() {
        None => return refuse("URL must have a valid hostname"),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    };
    if is_near { refuse("URL cannot point to localhost or loopback addresses") } else { Ok(()) }
}

fn identifier(state: &State, request: &Request) -> Result<String, ApiError> {
    state.check_admin(request)?;
    let identifier = request.segment(3);
    let identifier = percent_decoded(identifier);
    check_identifier(&identifier)?;
    Ok(identifier)
}

/// A colon in a path may come as it is or encoded.
fn percent_decoded(text: &str) -> String {
    text.replace("%3A", ":").replace("%3a", ":")
}

fn place_of(state: &State, identifier: &str) -> Result<usize, ApiError> {
    let place = state.custom_providers.iter().position(|provider| provider.identifier == identifier);
    let message = "Custom OAuth provider not found";
    place.ok_or_else(|| ApiError::new(404, ErrorCode::CustomProviderNotFound, message))
}

fn find(state: &State, request: &Request) -> Result<usize, ApiError> {
    let identifier = identifier(state, request)?;
    place_of(state, &identifier)
}

impl State {
    pub(super) fn custom_provider(&self, identifier: &str) -> Option<&CustomProvider> {
        self.custom_providers.iter().find(|provider| provider.identifier == identifier)
    }
}
