//! Applications: registered by themselves or by an administrator.

use crate::wire::{ApiError, ApiResult, Request, Response, json_response, ok};
use serde::Deserialize;
use url::{Host, Url};
use uuid::Uuid;

use super::ClientRow;
use crate::model::{
    ErrorCode, OAuthClientType, OAuthGrantType, OAuthRegistrationType, TokenEndpointAuthMethod,
    types::{OAuthClient, OAuthClientList, OAuthClientUpdateRequest},
};
use crate::state::State;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Registration {
    redirect_uris: Vec<String>,
    client_type: Option<OAuthClientType>,
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    grant_types: Vec<OAuthGrantType>,
    client_name: Option<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
}

/// By the application itself (`POST /oauth/clients/register`).
pub(crate) fn register(state: &mut State, request: &Request) -> ApiResult {
    add(state, request, OAuthRegistrationType::Dynamic)
}

/// By an administrator (`POST /admin/oauth/clients`).
pub(crate) fn create(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    add(state, request, OAuthRegistrationType::Manual)
}

fn add(state: &mut State, request: &Request, registration_type: OAuthRegistrationType) -> ApiResult {
    let new: Registration = read(request)?;
    // What is wrong with a registration comes with its status in the message.
    let prefixed = |why: String| ApiError::validation_failed(format!("400: {why}"));
    check_uris(&new.redirect_uris, "redirect_uris is required").map_err(prefixed)?;
    check_grants(&new.grant_types).map_err(prefixed)?;
    check_about(new.client_uri.as_deref(), new.logo_uri.as_deref()).map_err(prefixed)?;
    check_type(new.client_type.as_ref(), new.token_endpoint_auth_method.as_ref()).map_err(prefixed)?;
    let is_public = new.client_type == Some(OAuthClientType::Public)
        || new.token_endpoint_auth_method == Some(TokenEndpointAuthMethod::None);
    let (client_type, method) = if is_public {
        (OAuthClientType::Public, TokenEndpointAuthMethod::None)
    } else {
        (OAuthClientType::Confidential, TokenEndpointAuthMethod::ClientSecretBasic)
    };
    let all = vec![OAuthGrantType::AuthorizationCode, OAuthGrantType::RefreshToken];
    let now = Some(state.now());
    let told = |text: Option<String>| text.filter(|text| !text.is_empty());
    let client = OAuthClient {
        client_id: state.draw_id(),
        client_secret: None,
        client_type: Some(client_type),
        redirect_uris: Some(new.redirect_uris),
        token_endpoint_auth_method: Some(new.token_endpoint_auth_method.unwrap_or(method)),
        grant_types: Some(if new.grant_types.is_empty() { all } else { new.grant_types }),
        response_types: Some(vec!["code".to_owned()]),
        client_name: told(new.client_name),
        client_uri: told(new.client_uri),
        logo_uri: told(new.logo_uri),
        registration_type: Some(registration_type),
        created_at: now,
        updated_at: now,
    };
    let secret = if is_public { None } else { Some(state.draw_challenge().into()) };
    let response = json_response(201, &OAuthClient { client_secret: secret.clone(), ..client.clone() });
    state.oauth.clients.push(ClientRow { client, secret });
    Ok(response)
}

/// `GET /admin/oauth/clients`; the newest come first, and all at once.
pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let clients: Vec<_> = state.oauth.clients.iter().rev().map(|row| row.client.clone()).collect();
    ok(&OAuthClientList { clients: Some(clients).filter(|clients| !clients.is_empty()) })
}

/// `GET /admin/oauth/clients/{client_id}`.
pub(crate) fn get(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    ok(&state.oauth.clients[place].client)
}

/// `DELETE /admin/oauth/clients/{client_id}`.
pub(crate) fn delete(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    state.oauth.clients.remove(place);
    Ok(Response::new(204))
}

/// `POST /admin/oauth/clients/{client_id}/regenerate_secret`; the old secret is no longer good.
pub(crate) fn regenerate_secret(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    let (secret, now) = (state.draw_challenge(), state.now());
    let row = &mut state.oauth.clients[place];
    if row.secret.is_none() {
        return Err(ApiError::validation_failed("Cannot regenerate secret for public client"));
    }
    row.secret = Some(secret.into());
    row.client.updated_at = Some(now);
    ok(&OAuthClient { client_secret: row.secret.clone(), ..row.client.clone() })
}

/// `PUT /admin/oauth/clients/{client_id}`.
pub(crate) fn update(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    let change: OAuthClientUpdateRequest = read(request)?;
    let is_empty = change.redirect_uris.is_none()
        && change.grant_types.is_none()
        && change.client_name.is_none()
        && change.client_uri.is_none()
        && change.logo_uri.is_none()
        && change.token_endpoint_auth_method.is_none();
    if is_empty {
        return Err(ApiError::validation_failed("No fields provided for update"));
    }
    if let Some(uris) = &change.redirect_uris {
        check_uris(uris, "redirect_uris cannot be empty").map_err(ApiError::validation_failed)?;
    }
    if change.grant_types.as_ref().is_some_and(Vec::is_empty) {
        return Err(ApiError::validation_failed("grant_types cannot be empty"));
    }
    check_grants(change.grant_types.as_deref().unwrap_or_default()).map_err(ApiError::validation_failed)?;
    check_about(change.client_uri.as_deref(), change.logo_uri.as_deref()).map_err(ApiError::validation_failed)?;
    let now = state.now();
    let client = &mut state.oauth.clients[place].client;
    if let Some(method) = &change.token_endpoint_auth_method {
        check_method(client, method)?;
        client.token_endpoint_auth_method = Some(method.clone());
    }
    client.redirect_uris = change.redirect_uris.or(client.redirect_uris.take());
    client.grant_types = change.grant_types.or(client.grant_types.take());
    let set = |new: Option<String>, old: &mut Option<String>| {
        if new.is_some() {
            *old = new.filter(|text| !text.is_empty());
        }
    };
    set(change.client_name, &mut client.client_name);
    set(change.client_uri, &mut client.client_uri);
    set(change.logo_uri, &mut client.logo_uri);
    client.updated_at = Some(now);
    ok(client)
}

fn find(state: &State, request: &Request) -> Result<usize, ApiError> {
    state.check_admin(request)?;
    let id =
        Uuid::try_parse(request.segment(4)).map_err(|_| ApiError::validation_failed("invalid client_id format"))?;
    let place = state.oauth.clients.iter().position(|row| row.client.client_id == id);
    place.ok_or_else(|| ApiError::new(404, ErrorCode::OauthClientNotFound, "OAuth client not found"))
}

fn read<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    serde_json::from_slice(&request.body).map_err(|_| ApiError::new(400, ErrorCode::BadJson, "Invalid JSON body"))
}

fn check_uris(uris: &[String], none: &str) -> Result<(), String> {
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

fn check_grants(grants: &[OAuthGrantType]) -> Result<(), String> {
    if grants.iter().all(|grant| OAuthGrantType::KNOWN.contains(grant)) {
        return Ok(());
    }
    Err("grant_types must only contain 'authorization_code' and/or 'refresh_token'".to_owned())
}

fn check_about(client_uri: Option<&str>, logo_uri: Option<&str>) -> Result<(), String> {
    for (name, uri) in [("client_uri", client_uri), ("logo_uri", logo_uri)] {
        let is_url = uri.is_none_or(|uri| uri.is_empty() || Url::parse(uri).is_ok());
        if !is_url {
            return Err(format!("{name} must be a valid URL"));
        }
    }
    Ok(())
}

fn check_type(client_type: Option<&OAuthClientType>, method: Option<&TokenEndpointAuthMethod>) -> Result<(), String> {
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

fn check_method(client: &OAuthClient, method: &TokenEndpointAuthMethod) -> Result<(), ApiError> {
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
