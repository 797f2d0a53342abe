//! What is stored of a session.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    session::Session,
};

/// The version of the record's form. Another one is no session of ours.
const VERSION: u32 = 1;

/// Names one state of a record: each write makes a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(Uuid);

impl Revision {
    fn new() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(Error::Randomness)?;
        Ok(Self(uuid::Builder::from_random_bytes(bytes).into_uuid()))
    }
}

impl fmt::Display for Revision {
    /// 36 characters, for stores that keep it beside the record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A session as a store keeps it.
///
/// A store treats it as a whole and compares revisions; see [`SessionStore`](super::SessionStore). Serialized, it holds
/// the tokens in plain text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredSession {
    version: u32,
    revision: Revision,
    /// The sign-in that the session goes back to; the same over all refreshes.
    sign_in: Revision,
    pub(crate) session: Session,
}

impl StoredSession {
    /// The record of a new sign-in.
    pub(crate) fn of_sign_in(session: Session) -> Result<Self> {
        Ok(Self { version: VERSION, revision: Revision::new()?, sign_in: Revision::new()?, session })
    }

    /// The record that follows this one in the same sign-in.
    pub(crate) fn followed_by(&self, session: Session) -> Result<Self> {
        Ok(Self { version: VERSION, revision: Revision::new()?, sign_in: self.sign_in, session })
    }

    /// What [`SessionStore::compare_and_swap`](super::SessionStore::compare_and_swap) compares.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The sign-in that it goes back to.
    pub(crate) fn sign_in(&self) -> Revision {
        self.sign_in
    }

    /// A record from its serialized form.
    ///
    /// # Errors
    /// When it cannot be read, or is of another version.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let record: Self = serde_json::from_slice(bytes)?;
        if record.version == VERSION {
            Ok(record)
        } else {
            Err(serde::de::Error::custom(format!("version {} of the record is not known", record.version)))
        }
    }

    /// The serialized form.
    ///
    /// # Errors
    /// Never, as it is made.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}
