//! Client authentication at the token endpoint.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use uuid::Uuid;

use crate::{
    model::{ErrorCode, TokenEndpointAuthMethod, types::OAuthClient},
    state::State,
    wire::{ApiError, Request},
};

pub(crate) type Parameters = HashMap<String, String>;

pub(crate) fn parameters(request: &Request) -> Result<Parameters, ApiError> {
    let content_type = request.header("content-type").unwrap_or_default();
    if content_type.contains("application/json") {
        if request.is_unreadable() {
            return Err(refuse_client("Invalid client credentials: failed to read request body"));
        }
        let bad = |_| refuse_client("Invalid client credentials: failed to parse JSON body");
        return serde_json::from_slice(&request.body).map_err(bad);
    }
    // The first of several values counts, and those of the form come before those of the query.
    let mut parameters = Parameters::new();
    for (name, value) in request.form_pairs().chain(request.query_pairs()) {
        parameters.entry(name.into_owned()).or_insert_with(|| value.into_owned());
    }
    Ok(parameters)
}

/// Authenticates the client by the method that it is registered for.
pub(crate) fn authenticated(
    state: &State,
    request: &Request,
    parameters: &Parameters,
) -> Result<OAuthClient, ApiError> {
    let (id, secret, used) = match basic(request)? {
        Some((id, secret)) => (id, secret, TokenEndpointAuthMethod::ClientSecretBasic),
        None => in_body(parameters),
    };
    if id.is_empty() {
        return Err(refuse_client("Invalid client credentials: client_id is required"));
    }
    let id = Uuid::try_parse(&id).map_err(|_| refuse_client("Invalid client_id format"))?;
    let row = state.oauth.client(id).ok_or_else(|| refuse_client("Invalid client credentials"))?;
    let registered = row.client.token_endpoint_auth_method.clone().unwrap_or(TokenEndpointAuthMethod::None);
    if registered != used {
        return Err(refuse_client(&format!(
            "invalid authentication method: client is registered for '{registered}' but '{used}' was used"
        )));
    }
    match &row.secret {
        Some(_) if secret.is_empty() => Err(refuse_client("confidential clients must provide client_secret")),
        Some(known) if known.expose() != secret => Err(refuse_client("invalid client credentials")),
        _ => Ok(row.client.clone()),
    }
}

fn in_body(parameters: &Parameters) -> (String, String, TokenEndpointAuthMethod) {
    let parameter = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    let secret = parameter("client_secret");
    let used = match secret.as_str() {
        "" => TokenEndpointAuthMethod::None,
        _ => TokenEndpointAuthMethod::ClientSecretPost,
    };
    (parameter("client_id"), secret, used)
}

fn basic(request: &Request) -> Result<Option<(String, String)>, ApiError> {
    let header = request.header("authorization");
    let Some(encoded) = header.and_then(|value| value.strip_prefix("Basic ")) else { return Ok(None) };
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(|| refuse_client("Invalid client credentials: invalid basic auth encoding"))?;
    let pair = decoded.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()));
    pair.map(Some).ok_or_else(|| refuse_client("Invalid client credentials: invalid basic auth format"))
}

fn refuse_client(message: &str) -> ApiError {
    ApiError::new(400, ErrorCode::InvalidCredentials, message)
}
