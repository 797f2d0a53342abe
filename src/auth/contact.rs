//! Where a person can be reached. Exactly one, so that "both" and "neither" cannot be said.

use crate::{error::Result, input};

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

    /// As the two fields of a request, e-mail and phone.
    pub(crate) fn into_fields(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Email(email) => (Some(email), None),
            Self::Phone(phone) => (None, Some(phone)),
        }
    }
}
