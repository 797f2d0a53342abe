//! The token endpoint for OAuth clients.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::Secret;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    handlers::oauth::{
        client_authentication::{authenticated, has_json},
        user_info::profile_claims,
    },
    model::{AuditAction, ErrorCode, OAuthGrantType, types::OAuthTokens},
    refresh_token::RefreshToken,
    state::{
        State,
        refresh_tokens::token_not_found,
        rows::{
            oauth::{Authorization, Status, scopes},
            session::Application,
        },
        sessions::IssuedSession,
        storable::check_text,
    },
    wire::{ApiError, ApiResult, Request, Response, json_response, json_stream},
};

/// The parameters of a grant.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    grant_type: String,
    code: String,
    code_verifier: String,
    redirect_uri: String,
    refresh_token: String,
    resource: String,
}

fn parameters(request: &Request) -> Result<Parameters, ApiError> {
    if has_json(request) {
        return json_stream(request).map_err(|_: String| ApiError::oauth("invalid_request", "Invalid JSON body"));
    }
    let value = |name: &str| request.form_value(name).unwrap_or_default();
    Ok(Parameters {
        grant_type: value("grant_type"),
        code: value("code"),
        code_verifier: value("code_verifier"),
        redirect_uri: value("redirect_uri"),
        refresh_token: value("refresh_token"),
        // The server does not read it from a form.
        resource: String::new(),
    })
}

/// `POST /oauth/token`, with a JSON or form body.
pub(crate) fn token(state: &mut State, request: &Request) -> ApiResult {
    let client = authenticated(state, request)?;
    let parameters = parameters(request)?;
    let grant_type = parameters.grant_type.as_str();
    if grant_type.is_empty() {
        return Err(ApiError::oauth("invalid_request", "grant_type is required"));
    }
    if !client.grant_types.iter().flatten().any(|allowed| allowed.as_str() == grant_type) {
        let description = format!("Client is not allowed to use grant type: {grant_type}");
        return Err(ApiError::oauth("unsupported_grant_type", description));
    }
    if grant_type == OAuthGrantType::AuthorizationCode.as_str() {
        return by_code(state, client.client_id, &parameters);
    }
    match parameters.refresh_token.as_str() {
        "" => Err(ApiError::oauth("invalid_request", "refresh_token is required for refresh_token grant")),
        token => {
            // This endpoint does not check the format first: a malformed token is not found.
            let token = RefreshToken::parse(&token.into()).ok_or_else(token_not_found)?;
            Ok(response(&state.refresh(&token, Some(client.client_id))?, None))
        }
    }
}

fn by_code(state: &mut State, client_id: Uuid, parameters: &Parameters) -> ApiResult {
    let refuse = |description: &str| Err(ApiError::oauth("invalid_grant", description));
    let code = parameters.code.as_str();
    if code.is_empty() {
        return Err(ApiError::oauth("invalid_request", "code is required for authorization_code grant"));
    }
    check_text(code, "Error finding authorization code")?;
    let has_code = |authorization: &Authorization| authorization.status == Status::Approved(code.to_owned());
    let Some(place) = state.oauth.authorizations.position(has_code) else {
        return refuse("Invalid authorization code");
    };
    let known = state.oauth.authorizations[place].clone();
    if state.now() > known.expires_at {
        return refuse("Authorization code has expired");
    }
    if known.client_id != client_id {
        return refuse("Authorization code was not issued for this client");
    }
    let resource = parameters.resource.as_str();
    if !resource.is_empty() && known.resource.as_deref() != Some(resource) {
        return refuse("Authorization code resource does not match the resource parameter");
    }
    let redirect_uri = parameters.redirect_uri.as_str();
    if !redirect_uri.is_empty() && redirect_uri != known.redirect_uri {
        return refuse("Invalid redirect_uri");
    }
    check_verifier(&known, &parameters.code_verifier)?;
    let Some(user_id) = known.user_id else { return refuse("Authorization code has no associated user") };
    let now = state.now();
    if state.account(user_id)?.user.banned_until.is_some_and(|until| until > now) {
        return Err(ApiError::oauth("access_denied", "User is banned"));
    }
    state.oauth.authorizations.remove(place);
    let traits = json!({ "provider_type": "oauth_provider_authorization_code", "client_id": client_id });
    state.log_action(user_id, AuditAction::Login, Some(traits));
    let application = Application { client_id, scope: known.scope.clone() };
    let issued = state.start_session(user_id, "oauth_provider/authorization_code", Some(application))?;
    let is_openid = scopes(&known.scope).iter().any(|scope| scope == "openid");
    let id_token = if is_openid { Some(id_token(state, &known, user_id)?) } else { None };
    Ok(response(&issued, id_token))
}

fn check_verifier(authorization: &Authorization, verifier: &str) -> Result<(), ApiError> {
    let refuse = |why: &str| Err(ApiError::oauth("invalid_grant", format!("PKCE verification failed: {why}")));
    if verifier.is_empty() {
        return refuse("code_verifier is required when PKCE challenge is present");
    }
    let challenge =
        if authorization.is_plain { verifier.to_owned() } else { URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) };
    if challenge == authorization.challenge {
        return Ok(());
    }
    refuse("code challenge does not match previously saved code verifier")
}

/// Signs an ID token. The real server fails if it signs with a shared secret.
pub(crate) fn id_token(state: &mut State, authorization: &Authorization, user_id: Uuid) -> Result<Secret, ApiError> {
    if state.settings.hs256 && state.settings.jwt_keys.is_none() {
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, "Error generating ID token"));
    }
    let now = state.now().timestamp();
    let user = state.account(user_id)?.user.clone();
    let scopes = scopes(&authorization.scope);
    let has = |scope: &str| scopes.iter().any(|it| it == scope);
    let mut claims = json!({
        "iss": state.token_issuer(),
        "sub": user_id,
        "aud": authorization.client_id,
        "iat": now,
        "exp": now + 3600,
        "auth_time": user.last_sign_in_at.map_or(now, |at| at.timestamp()),
        "client_id": authorization.client_id,
        "email_verified": has("email") && user.email_confirmed_at.is_some(),
        "phone_number_verified": has("phone") && user.phone_confirmed_at.is_some(),
    });
    let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims[name] = value;
        }
    };
    add("nonce", authorization.nonce.clone().map(Value::String));
    add("email", some(&user.email).filter(|_| has("email")).map(Value::String));
    add("phone_number", some(&user.phone).filter(|_| has("phone")).map(Value::String));
    if has("profile") {
        for (name, value) in profile_claims(&user) {
            add(name, Some(value));
        }
    }
    state.sign(&claims)
}

fn response(issued: &IssuedSession, id_token: Option<Secret>) -> Response {
    let session = &issued.session;
    let tokens = OAuthTokens {
        access_token: session.access_token.clone(),
        token_type: session.token_type.clone(),
        expires_in: session.expires_in,
        refresh_token: session.refresh_token.clone(),
        id_token,
    };
    issued.add_headers(json_response(200, &tokens))
}
