//! Access tokens that are refused.

use chrono::{DateTime, Utc};

/// Why an access token is refused. Contains nothing of the token itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not a JWT of a user: truncated, damaged, or without `sub` or `exp`.
    #[error("the access token is malformed: {0}")]
    Malformed(&'static str),
    /// It expired at this time.
    #[error("the access token expired at {0}")]
    Expired(DateTime<Utc>),
    /// It is not valid before this time.
    #[error("the access token is not valid before {0}")]
    NotYetValid(DateTime<Utc>),
    /// Its issuer is not the expected one, or is missing.
    #[error("the access token is from another issuer")]
    WrongIssuer,
    /// Its audience is not the expected one, or is missing. Also returned for an ID token.
    #[error("the access token is for another audience")]
    WrongAudience,
    /// The server does not publish its key.
    #[error("the access token is signed with an unknown key")]
    UnknownKey,
    /// Its algorithm is not supported, or does not match its key.
    #[error("the signature algorithm of the access token is not allowed")]
    AlgorithmNotAllowed,
    /// Its signature does not match: it was forged or changed.
    #[error("the access token has an invalid signature")]
    BadSignature,
}
