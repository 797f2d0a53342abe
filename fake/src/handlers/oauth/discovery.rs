//! The metadata of OpenID Connect Discovery and of OAuth (RFC 8414).

use serde_json::json;

use crate::{
    handlers::oauth::authorize::SCOPES,
    model::{ErrorCode, Operation},
    state::State,
    wire::{ApiError, ApiResult, Response, json_response},
};

/// Returns the document that both `/.well-known` paths serve.
pub(crate) fn configuration(state: &State) -> Response {
    let issuer = state.token_issuer();
    let base = issuer.trim_end_matches('/');
    let url = |id: &str| format!("{base}{}", Operation::by_id(id).map_or("", |operation| operation.path));
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": url("oauth_authorize"),
        "token_endpoint": url("oauth_token"),
        "jwks_uri": url("jwks"),
        "userinfo_endpoint": url("oauth_userinfo"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "claims_supported": [
            "sub", "aud", "iss", "exp", "iat", "auth_time", "nonce", "email", "email_verified", "phone_number",
            "phone_number_verified", "name", "picture", "preferred_username", "updated_at",
        ],
        "code_challenge_methods_supported": ["S256", "plain"],
    });
    if state.settings.oauth_server && state.settings.dynamic_registration {
        document["registration_endpoint"] = json!(url("oauth_register_client"));
    }
    json_response(200, &document).header("cache-control", "public, max-age=600")
}

/// `GET /.well-known/oauth-authorization-server`.
pub(crate) fn oauth_metadata(state: &State) -> ApiResult {
    if !state.settings.oauth_server {
        return Err(ApiError::new(404, ErrorCode::FeatureDisabled, "OAuth server is disabled"));
    }
    Ok(configuration(state))
}
