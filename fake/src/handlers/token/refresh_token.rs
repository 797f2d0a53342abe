//! Refreshing a session.

use gotrue::Secret;
use serde::Deserialize;

use crate::{
    state::State,
    wire::{ApiError, ApiResult, Request, json_body},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct RefreshToken {
    refresh_token: Secret,
}

pub(crate) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let grant: RefreshToken = json_body(request)?;
    check_form(&grant.refresh_token)?;
    let session = state.refresh(grant.refresh_token.expose(), None)?;
    Ok(state.session_response(&session))
}

/// What the server's first kind of refresh token looks like.
fn check_form(token: &Secret) -> Result<(), ApiError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let token = token.expose();
    if token.len() == 12 && token.bytes().all(fits) {
        return Ok(());
    }
    Err(ApiError::validation_failed("Refresh token is not valid"))
}
