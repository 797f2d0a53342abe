//! The user's consent to an authorization request.

use serde::Deserialize;

use crate::{
    handlers::oauth::errors::with_error,
    model::{
        ErrorCode,
        types::{OAuthAuthorization, OAuthRedirect, OAuthUserSummary},
    },
    redirect_url::with_sorted_query,
    state::{
        State,
        rows::oauth::{Authorization, Consent, Status, scopes},
        table::{Key, Place},
    },
    wire::{ApiError, ApiResult, Request, json_stream, ok},
};

#[derive(Deserialize)]
struct Decision {
    #[serde(default)]
    action: String,
}

/// `GET /oauth/authorizations/{authorization_id}`. A user who has already granted these scopes is not asked again.
pub(crate) fn details(state: &mut State, request: &Request) -> ApiResult {
    let user_id = state.caller(request)?.user_id;
    let place = find(state, request)?;
    let known = state.oauth.authorizations[place].clone();
    if known.status != Status::Pending {
        return Err(ApiError::validation_failed("authorization request cannot be processed"));
    }
    if known.user_id.is_some_and(|owner| owner != user_id) {
        return Err(not_found());
    }
    let consent = state.oauth.consent_of(user_id, known.client_id).filter(|_| known.user_id.is_none());
    let is_agreed = consent.is_some_and(|consent| scopes(&known.scope).iter().all(|it| consent.scopes.contains(it)));
    state.oauth.authorizations[place].user_id = Some(user_id);
    if is_agreed {
        return approved(state, place);
    }
    let row = state.oauth.client(known.client_id).ok_or_else(not_found)?;
    let client = row.summary();
    let email = state.account(user_id)?.email().to_owned();
    ok(&OAuthAuthorization {
        authorization_id: known.id,
        redirect_uri: Some(known.redirect_uri),
        client,
        user: Some(OAuthUserSummary { id: Some(user_id), email: Some(email).filter(|email| !email.is_empty()) }),
        scope: Some(known.scope),
    })
}

/// `POST /oauth/authorizations/{authorization_id}/consent`.
pub(crate) fn consent(state: &mut State, request: &Request) -> ApiResult {
    let user_id = state.caller(request)?.user_id;
    let decision: Decision =
        json_stream(request).map_err(|_: String| ApiError::new(400, ErrorCode::BadJson, "invalid JSON body"))?;
    let approves = match decision.action.as_str() {
        "approve" => true,
        "deny" => false,
        _ => return Err(ApiError::validation_failed("action must be 'approve' or 'deny'")),
    };
    let place = find(state, request)?;
    let now = state.now();
    let authorization = &mut state.oauth.authorizations[place];
    if authorization.status != Status::Pending {
        return Err(ApiError::validation_failed("authorization request is no longer pending"));
    }
    if authorization.user_id != Some(user_id) {
        return Err(not_found());
    }
    if !approves {
        authorization.status = Status::Denied;
        let Authorization { redirect_uri, state, .. } = authorization;
        let url = with_error(redirect_uri, "access_denied", "User denied the request", state.as_deref());
        return ok(&OAuthRedirect { redirect_url: url.into() });
    }
    let (client_id, scopes) = (authorization.client_id, scopes(&authorization.scope));
    state.forget_consent(user_id, client_id);
    state.oauth.consents.push(Consent { user_id, client_id, scopes, granted_at: now });
    approved(state, place)
}

fn approved(state: &mut State, place: Place) -> ApiResult {
    let code = state.random.id().to_string();
    let authorization = &mut state.oauth.authorizations[place];
    authorization.status = Status::Approved(code.clone());
    let mut pairs = vec![("code".to_owned(), code)];
    pairs.extend(authorization.state.clone().map(|state| ("state".to_owned(), state)));
    ok(&OAuthRedirect { redirect_url: with_sorted_query(&authorization.redirect_uri, &pairs).into() })
}

/// Finds the authorization request in the path, unless it has expired.
fn find(state: &State, request: &Request) -> Result<Place, ApiError> {
    let id = request.segment(3);
    if id.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        // The database does not look for it.
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, "error finding authorization"));
    }
    let now = state.now();
    let place = state.oauth.authorizations.place(&Key::Code(id));
    place.filter(|place| state.oauth.authorizations[*place].expires_at >= now).ok_or_else(not_found)
}

pub(crate) fn not_found() -> ApiError {
    ApiError::new(404, ErrorCode::OauthAuthorizationNotFound, "authorization not found")
}
