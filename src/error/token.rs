//! Access tokens that must not be trusted.

use chrono::{DateTime, Utc};

/// The reason why an access token must not be trusted. Contains no part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not a JWT, or not that of a user: truncated, garbled, without `sub` or `exp`.
    #[error("the access token is malformed: {0}")]
    Malformed(&'static str),
    /// It expired at this time.
    #[error("the access token expired at {0}")]
    Expired(DateTime<Utc>),
    /// It is not valid before this time.
    #[error("the access token is not valid before {0}")]
    NotYetValid(DateTime<Utc>),
    /// It was issued by someone else, or does not name its issuer.
    #[error("the access token has another issuer")]
    WrongIssuer,
    /// It is for another audience, or does not name its audience.
    #[error("the access token has another audience")]
    WrongAudience,
    /// The server does not publish this key.
    #[error("the access token is signed with an unknown key")]
    UnknownKey,
    /// The algorithm is not allowed, or does not match the key.
    #[error("the access token is signed with an algorithm that is not allowed")]
    AlgorithmNotAllowed,
    /// It was forged or changed.
    #[error("the access token has an invalid signature")]
    BadSignature,
}
