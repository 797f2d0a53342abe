//! Refreshing a session.

use gotrue::Secret;
use serde::Deserialize;

use crate::{
    refresh_token::RefreshToken,
    state::State,
    wire::{ApiError, ApiResult, Request, json_body},
};

#[derive(Default, Deserialize)]
#[serde(default, rename = "RefreshTokenGrantParams")]
struct Grant {
    refresh_token: Secret,
}

pub(crate) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let grant: Grant = json_body(request)?;
    let invalid = || ApiError::validation_failed("Refresh token is not valid");
    let token = RefreshToken::parse(&grant.refresh_token).ok_or_else(invalid)?;
    Ok(state.refresh(&token, None)?.response())
}
