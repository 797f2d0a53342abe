//! The metadata of OAuth clients and their rules.

use serde::Deserialize;
use url::{Host, Url};

use crate::{
    model::{OAuthClientType, OAuthGrantType, TokenEndpointAuthMethod, types::OAuthClient},
    wire::ApiError,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Registration {
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) client_type: Option<OAuthClientType>,
    pub(crate) token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    pub(crate) grant_types: Vec<OAuthGrantType>,
    pub(crate) client_name: Option<String>,
    pub(crate) client_uri: Option<String>,
    pub(crate) logo_uri: Option<String>,
}

pub(crate) fn check_uris(uris: &[String], none: &str) -> Result<(), String> {
    match uris.len() {
        0 => Err(none.to_owned()),
        1..=10 => {
            uris.iter().try_for_each(|uri| check_uri(uri).map_err(|why| format!("invalid redirect_uri '{uri}': {why}")))
        }
        _ => Err("redirect_uris cannot exceed 10 items".to_owned()),
    }
}

fn check_uri(uri: &str) -> Result<(), String> {
    const DANGEROUS: [&str; 6] = ["javascript", "data", "file", "vbscript", "about", "blob"];
    if uri.is_empty() {
        return Err("redirect URI cannot be empty".to_owned());
    }
    let url = Url::parse(uri).ok().filter(Url::has_host).ok_or("must have scheme and host")?;
    if DANGEROUS.contains(&url.scheme()) {
        return Err(format!("scheme '{}' is not allowed for security reasons", url.scheme()));
    }
    let is_near = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    };
    if url.scheme() == "http" && !is_near {
        return Err("HTTP scheme only allowed for localhost".to_owned());
    }
    if url.fragment().is_some_and(|fragment| !fragment.is_empty()) {
        return Err("fragment not allowed in redirect URI".to_owned());
    }
    Ok(())
}

pub(crate) fn check_grants(grants: &[OAuthGrantType]) -> Result<(), String> {
    if grants.iter().all(|grant| OAuthGrantType::KNOWN.contains(grant)) {
        return Ok(());
    }
    Err("grant_types must only contain 'authorization_code' and/or 'refresh_token'".to_owned())
}

pub(crate) fn check_about(client_uri: Option<&str>, logo_uri: Option<&str>) -> Result<(), String> {
    for (name, uri) in [("client_uri", client_uri), ("logo_uri", logo_uri)] {
        let is_url = uri.is_none_or(|uri| uri.is_empty() || Url::parse(uri).is_ok());
        if !is_url {
            return Err(format!("{name} must be a valid URL"));
        }
    }
    Ok(())
}

pub(crate) fn check_type(
    client_type: Option<&OAuthClientType>,
    method: Option<&TokenEndpointAuthMethod>,
) -> Result<(), String> {
    if client_type.is_some_and(|wanted| !OAuthClientType::KNOWN.contains(wanted)) {
        return Err("client_type must be 'public' or 'confidential'".to_owned());
    }
    if method.is_some_and(|method| !TokenEndpointAuthMethod::KNOWN.contains(method)) {
        return Err(
            "token_endpoint_auth_method must be one of: [none client_secret_basic client_secret_post]".to_owned()
        );
    }
    let (Some(client_type), Some(method)) = (client_type, method) else { return Ok(()) };
    let expected = type_for(method);
    if *client_type == expected {
        return Ok(());
    }
    Err(format!(
        "client_type '{client_type}' is inconsistent with token_endpoint_auth_method '{method}' (expected client_type \
         '{expected}')"
    ))
}

pub(crate) fn check_method(client: &OAuthClient, method: &TokenEndpointAuthMethod) -> Result<(), ApiError> {
    if !TokenEndpointAuthMethod::KNOWN.contains(method) {
        let message =
            "invalid token_endpoint_auth_method: must be one of [none client_secret_basic client_secret_post]";
        return Err(ApiError::validation_failed(message));
    }
    let client_type = client.client_type.clone().unwrap_or(OAuthClientType::Confidential);
    if type_for(method) == client_type {
        return Ok(());
    }
    let valid = if client_type == OAuthClientType::Public { "none" } else { "client_secret_basic client_secret_post" };
    Err(ApiError::validation_failed(format!(
        "token_endpoint_auth_method '{method}' is not valid for client_type '{client_type}'; valid methods: [{valid}]"
    )))
}

fn type_for(method: &TokenEndpointAuthMethod) -> OAuthClientType {
    if *method == TokenEndpointAuthMethod::None { OAuthClientType::Public } else { OAuthClientType::Confidential }
}
