//! Verification of access tokens, and the cache of the keys.

mod anything;
#[cfg(feature = "axum")]
mod axum;
mod claims;
mod forged;
mod hs256;
mod key_server;
mod keys;
mod recorded;
mod signer;
mod valid;

use gotrue::{Error, error::TokenError, jwt::VerifiedClaims};

/// The reason that a token was rejected.
#[track_caller]
fn refusal(result: Result<VerifiedClaims, Error>) -> TokenError {
    let error = result.unwrap_err();
    assert!(!error.is_retryable() && !error.ends_session(), "{error}");
    error.token().unwrap_or_else(|| panic!("not about the token: {error:?}"))
}
