//! A user's email address or phone number.

use crate::{error::Result, input};

/// Exactly one of the two, since the server rejects both and neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    Email(String),
    Phone(String),
}

impl Contact {
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Email(email) => input::not_empty("email address", email),
            Self::Phone(phone) => input::not_empty("phone number", phone),
        }
    }

    /// Returns the two request fields, `email` and `phone`.
    pub(crate) fn into_fields(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Email(email) => (Some(email), None),
            Self::Phone(phone) => (None, Some(phone)),
        }
    }
}
