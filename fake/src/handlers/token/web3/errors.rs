//! Errors that the chains share.

use crate::wire::ApiError;

pub(crate) fn refusal(description: impl Into<String>) -> ApiError {
    ApiError::oauth("invalid_grant", description)
}

pub(crate) fn wrong_signature() -> ApiError {
    refusal("Signature does not match address in message")
}
