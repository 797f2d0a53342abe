//! The request body for a custom provider, and its rules.

use gotrue::Secret;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::{Host, ParseError, Url};

use crate::{
    model::CustomProviderType,
    state::storable::check_text,
    wire::{ApiError, quoted},
};

#[derive(Default, Deserialize)]
#[serde(default, rename = "AdminCustomOAuthProviderParams")]
pub(crate) struct Change {
    pub(crate) provider_type: Option<CustomProviderType>,
    pub(crate) identifier: String,
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) acceptable_client_ids: Option<Vec<String>>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) pkce_enabled: Option<bool>,
    pub(crate) attribute_mapping: Option<Map<String, Value>>,
    pub(crate) custom_claims_allowlist: Option<Vec<String>>,
    pub(crate) authorization_params: Option<Map<String, Value>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) email_optional: Option<bool>,
    pub(crate) issuer: String,
    pub(crate) discovery_url: Option<String>,
    pub(crate) skip_nonce_check: Option<bool>,
    pub(crate) authorization_url: String,
    pub(crate) token_url: String,
    pub(crate) userinfo_url: String,
    pub(crate) jwks_uri: Option<String>,
}

/// Authorization parameters that the server sets itself.
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

/// Fields of a user that only the server sets.
const PROTECTED: [&str; 13] = [
    "id",
    "aud",
    "role",
    "app_metadata",
    "created_at",
    "updated_at",
    "confirmed_at",
    "email_confirmed_at",
    "phone_confirmed_at",
    "email_verified",
    "phone_verified",
    "banned_until",
    "is_super_admin",
];

pub(crate) fn check_whole(new: &Change, is_oidc: bool) -> Result<(), ApiError> {
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

pub(crate) fn check_identifier(identifier: &str) -> Result<(), ApiError> {
    if identifier.starts_with("custom:") {
        return Ok(());
    }
    let message = format!("identifier must start with 'custom:' prefix, e.g. 'custom:{identifier}'");
    Err(ApiError::validation_failed(message))
}

pub(crate) fn check_parameters(change: &Change) -> Result<(), ApiError> {
    for (name, value) in change.authorization_params.iter().flatten() {
        if RESERVED.contains(&name.as_str()) {
            return Err(ApiError::validation_failed(format!("Cannot override reserved OAuth parameter: {name}")));
        }
        if !value.is_string() {
            return Err(ApiError::validation_failed(format!(
                "Authorization parameter {} must be a string",
                quoted(name)
            )));
        }
    }
    let mut targets = change.attribute_mapping.iter().flat_map(Map::keys);
    if let Some(target) = targets.find(|target| PROTECTED.contains(&target.as_str())) {
        return Err(ApiError::validation_failed(format!("Cannot map to protected system field: {target}")));
    }
    if change.custom_claims_allowlist.iter().flatten().any(|claim| claim.trim().is_empty()) {
        return Err(ApiError::validation_failed("custom_claims_allowlist entries must be non-empty strings"));
    }
    Ok(())
}

/// Fails for texts that the database does not store.
pub(crate) fn check_stored(change: &Change, message: &str) -> Result<(), ApiError> {
    check_text(&change.name, message)?;
    check_text(&change.client_id, message)
}

/// Rejects URLs that the real server would not fetch. Host names are not resolved.
pub(crate) fn check_urls(change: &Change, is_oidc: bool) -> Result<(), ApiError> {
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
    let url = match Url::parse(url) {
        Ok(url) => url,
        // Go parses a relative URL too.
        Err(ParseError::RelativeUrlWithoutBase) if !url.contains(char::is_control) => {
            return refuse("URL must use HTTPS");
        }
        Err(_) => return refuse("Invalid URL format"),
    };
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
