//! Access tokens: which are accepted, which are refused and why, and how many requests they cause.

mod algorithms;
mod anything;
#[cfg(feature = "axum")]
mod authorization;
#[cfg(feature = "axum")]
mod axum;
mod claims;
mod clock_skew;
#[cfg(feature = "tower")]
mod floods;
mod forged;
mod hs256;
mod id_tokens;
mod json;
mod key_server;
mod keys;
mod long_tokens;
mod recorded;
mod restrictions;
mod stale_keys;
mod unusable_keys;
mod valid;

use support::signer;

use gotrue::{Error, error::TokenError, jwt::VerifiedClaims};

/// Returns why a token was refused.
#[track_caller]
fn refusal(result: Result<VerifiedClaims, Error>) -> TokenError {
    let error = result.unwrap_err();
    assert!(!error.is_retryable() && !error.ends_session(), "{error}");
    error.token().unwrap_or_else(|| panic!("not a refusal: {error:?}"))
}
