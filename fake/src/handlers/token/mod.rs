//! Sessions for credentials (`POST /token`), with a file for each grant type.

mod id_token;
mod password;
mod pkce;
mod refresh_token;
mod web3;

use crate::{
    model::{ErrorCode, types::GrantType},
    state::State,
    wire::{ApiError, ApiResult, Request},
};

pub(crate) fn token(state: &mut State, request: &Request) -> ApiResult {
    // A form is read too, but no grant is: its body is gone then.
    match request.form_value("grant_type").and_then(|name| name.parse().ok()) {
        Some(GrantType::Password) => password::grant(state, request),
        Some(GrantType::RefreshToken) => refresh_token::grant(state, request),
        Some(GrantType::Pkce) => pkce::grant(state, request),
        Some(GrantType::IdToken) => id_token::grant(state, request),
        Some(GrantType::Web3) => web3::grant(state, request),
        None => Err(ApiError::new(400, ErrorCode::InvalidCredentials, "unsupported_grant_type")),
    }
}
