//! Access tokens that are not to be trusted.

use chrono::{DateTime, Utc};

/// Why an access token is not to be trusted. Nothing of the token is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is no JWT, or not one of a user: cut short, garbled, without `sub` or `exp`.
    #[error("the access token is malformed: {0}")]
    Malformed(&'static str),
    /// It was good until then.
    #[error("the access token expired at {0}")]
    Expired(DateTime<Utc>),
    /// It will be good from then on.
    #[error("the access token is not valid before {0}")]
    NotYetValid(DateTime<Utc>),
    /// Somebody else issued it, or it does not say who did.
    #[error("the access token is of another issuer")]
    WrongIssuer,
    /// It is meant for somebody else, or it does not say for whom.
    #[error("the access token is for another audience")]
    WrongAudience,
    /// The server has published no such key.
    #[error("the access token is signed with an unknown key")]
    UnknownKey,
    /// The algorithm is none that is trusted, or not that of the key.
    #[error("the access token is signed by an algorithm that is not allowed")]
    AlgorithmNotAllowed,
    /// Somebody has made it up, or changed it.
    #[error("the access token has a bad signature")]
    BadSignature,
}
