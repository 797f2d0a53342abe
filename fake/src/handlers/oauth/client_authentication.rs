//! Client authentication at the token endpoint.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    model::{ErrorCode, TokenEndpointAuthMethod, types::OAuthClient},
    state::State,
    wire::{ApiError, Request, read_json},
};

/// The credentials in a body.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Credentials {
    client_id: String,
    client_secret: String,
}

/// Authenticates the client by the method that it is registered for.
pub(crate) fn authenticated(state: &State, request: &Request) -> Result<OAuthClient, ApiError> {
    let (id, secret, used) = match basic(request)? {
        Some((id, secret)) => (id, secret, TokenEndpointAuthMethod::ClientSecretBasic),
        None => in_body(request)?,
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

fn in_body(request: &Request) -> Result<(String, String, TokenEndpointAuthMethod), ApiError> {
    let Credentials { client_id, client_secret } = if has_json(request) {
        if request.is_unreadable() {
            return Err(refuse_client("Invalid client credentials: failed to read request body"));
        }
        let bad = |_| refuse_client("Invalid client credentials: failed to parse JSON body");
        read_json(&request.body, &[]).map_err(bad)?
    } else {
        let value = |name: &str| request.form_value(name).unwrap_or_default();
        Credentials { client_id: value("client_id"), client_secret: value("client_secret") }
    };
    let used = match client_secret.as_str() {
        "" => TokenEndpointAuthMethod::None,
        _ => TokenEndpointAuthMethod::ClientSecretPost,
    };
    Ok((client_id, client_secret, used))
}

/// Returns whether the body is JSON rather than a form.
pub(crate) fn has_json(request: &Request) -> bool {
    request.header("content-type").unwrap_or_default().contains("application/json")
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
