//! The stored form of a session.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    session::Session,
};

/// The version of the serialized form. A record of any other version cannot be read.
const VERSION: u32 = 1;

/// Identifies one state of a record. Each write creates a new one.
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
    /// Writes 36 characters (a UUID), for stores that keep the revision separately from the record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A session as a store keeps it: an opaque record with a revision (see [`SessionStore`](super::SessionStore)).
///
/// The serialized form contains the tokens in plain text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredSession {
    version: u32,
    revision: Revision,
    /// Identifies the sign-in that started the session. Refreshes keep it.
    sign_in: Revision,
    pub(crate) session: Session,
}

impl StoredSession {
    /// Creates the record of a new sign-in.
    pub(crate) fn of_sign_in(session: Session) -> Result<Self> {
        Ok(Self { version: VERSION, revision: Revision::new()?, sign_in: Revision::new()?, session })
    }

    /// Creates the next record of the same sign-in.
    pub(crate) fn followed_by(&self, session: Session) -> Result<Self> {
        Ok(Self { version: VERSION, revision: Revision::new()?, sign_in: self.sign_in, session })
    }

    /// Returns the revision, which [`SessionStore::compare_and_swap`](super::SessionStore::compare_and_swap) compares.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Returns the id of the sign-in that started the session.
    pub(crate) fn sign_in(&self) -> Revision {
        self.sign_in
    }

    /// Reads a record from its serialized form.
    ///
    /// # Errors
    /// Fails if the bytes are not a record, or one of an unknown version.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let record: Self = serde_json::from_slice(bytes)?;
        if record.version == VERSION {
            Ok(record)
        } else {
            Err(serde::de::Error::custom(format!("unknown version {} of the record", record.version)))
        }
    }

    /// Returns the serialized form.
    ///
    /// # Errors
    /// None are known: every session can be serialized.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}
