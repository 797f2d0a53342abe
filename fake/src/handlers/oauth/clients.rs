//! OAuth clients, registered by themselves or by an administrator.

use uuid::Uuid;

use crate::{
    handlers::oauth::client_metadata::{Registration, check_about, check_grants, check_method, check_type, check_uris},
    model::{
        ErrorCode, OAuthClientType, OAuthGrantType, OAuthRegistrationType, TokenEndpointAuthMethod,
        types::{OAuthClient, OAuthClientList, OAuthClientUpdateRequest},
    },
    state::{
        State,
        rows::oauth::ClientRow,
        storable::check_text,
        table::{Key, Place},
    },
    wire::{ApiError, ApiResult, Request, Response, json_response, json_stream, ok},
};

/// `POST /oauth/clients/register`.
pub(crate) fn register(state: &mut State, request: &Request) -> ApiResult {
    if !state.settings.dynamic_registration {
        let message = "Dynamic client registration is not enabled";
        return Err(ApiError::new(403, ErrorCode::OauthDynamicClientRegistrationDisabled, message));
    }
    add(state, request, OAuthRegistrationType::Dynamic)
}

/// `POST /admin/oauth/clients`.
pub(crate) fn create(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    add(state, request, OAuthRegistrationType::Manual)
}

pub(crate) fn add(state: &mut State, request: &Request, registration_type: OAuthRegistrationType) -> ApiResult {
    let mut new: Registration = read(request)?;
    new.client_type.take_if(|client_type| client_type.as_str().is_empty());
    new.token_endpoint_auth_method.take_if(|method| method.as_str().is_empty());
    // The real server puts the status into the message.
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
    if new.client_name.as_ref().is_some_and(|name| name.contains('\0')) {
        // The server tells the error of the database.
        let why =
            "failed to create OAuth client: ERROR: invalid byte sequence for encoding \"UTF8\": 0x00 (SQLSTATE 22021)";
        return Err(ApiError::validation_failed(why));
    }
    let all = vec![OAuthGrantType::AuthorizationCode, OAuthGrantType::RefreshToken];
    let now = Some(state.now());
    let told = |text: Option<String>| text.filter(|text| !text.is_empty());
    let client = OAuthClient {
        client_id: state.random.id(),
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
    let secret = if is_public { None } else { Some(state.random.challenge().into()) };
    let response = json_response(201, &OAuthClient { client_secret: secret.clone(), ..client.clone() });
    state.oauth.clients.push(ClientRow { client, secret });
    Ok(response)
}

/// `GET /admin/oauth/clients`: all clients, newest first, without pagination.
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

/// `POST /admin/oauth/clients/{client_id}/regenerate_secret`: invalidates the previous secret.
pub(crate) fn regenerate_secret(state: &mut State, request: &Request) -> ApiResult {
    let place = find(state, request)?;
    let (secret, now) = (state.random.challenge(), state.now());
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
    check_text(change.client_name.as_deref().unwrap_or_default(), "Error updating OAuth client")?;
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

/// Finds the client in the path.
pub(crate) fn find(state: &mut State, request: &Request) -> Result<Place, ApiError> {
    state.check_admin(request)?;
    let id = request.segment(4);
    if id.is_empty() {
        return Err(ApiError::validation_failed("client_id is required"));
    }
    let id = Uuid::try_parse(&id).map_err(|_| ApiError::validation_failed("invalid client_id format"))?;
    let place = state.oauth.clients.place(&Key::Id(id));
    place.ok_or_else(|| ApiError::new(404, ErrorCode::OauthClientNotFound, "OAuth client not found"))
}

fn read<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    json_stream(request).map_err(|_: String| ApiError::new(400, ErrorCode::BadJson, "Invalid JSON body"))
}
