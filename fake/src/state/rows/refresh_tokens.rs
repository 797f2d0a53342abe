//! The refresh tokens of a session.

use std::fmt;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::refresh_token::SignedToken;

/// The maximum number of tokens of version 1 of a session. Older ones are unknown.
const MOST_RANDOM: usize = 100;

/// The refresh tokens of a session. One that was upgraded has tokens of both versions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RefreshTokens {
    random: Vec<RandomToken>,
    signed: Option<Signer>,
}

/// A refresh token of version 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct RandomToken {
    token: String,
    parent: Option<String>,
    revoked_at: Option<DateTime<Utc>>,
}

/// The key that signs the refresh tokens of version 2, and their counter.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Signer {
    pub(crate) counter: u64,
    pub(crate) key: [u8; 32],
}

/// The result of using a refresh token of version 1.
pub(crate) enum RandomUse {
    /// It is exchanged for a new one.
    Exchanged,
    /// The client has not received the active token, which is returned again.
    Active(String),
    AlreadyUsed,
}

impl RefreshTokens {
    /// Starts with a token of version 1.
    pub(crate) fn random(token: String) -> Self {
        Self { random: vec![RandomToken { token, parent: None, revoked_at: None }], signed: None }
    }

    /// Starts with version 2.
    pub(crate) fn signed(signer: Signer) -> Self {
        Self { random: Vec::new(), signed: Some(signer) }
    }

    pub(crate) fn signer(&mut self) -> Option<&mut Signer> {
        self.signed.as_mut()
    }

    /// Increments the counter of version 2, or starts it.
    pub(crate) fn upgrade(&mut self, key: [u8; 32]) -> &Signer {
        let counter = self.signed.as_ref().map_or(0, |signer| signer.counter + 1);
        let key = self.signed.as_ref().map_or(key, |signer| signer.key);
        self.signed.insert(Signer { counter, key })
    }

    /// Returns the tokens of version 1, oldest first.
    pub(crate) fn random_tokens(&self) -> impl Iterator<Item = &str> {
        self.random.iter().map(|row| row.token.as_str())
    }

    /// Returns whether a token of version 2 was signed for this session.
    pub(crate) fn has_signed(&self, token: &SignedToken) -> bool {
        self.signed.as_ref().is_some_and(|signer| token.is_signed_with(&signer.key))
    }

    /// Uses a token of version 1. A revoked one is accepted if it is the parent of the active one, or for the reuse
    /// interval after it was revoked.
    pub(crate) fn use_random(&self, token: &str, now: DateTime<Utc>, reuse_interval: Duration) -> RandomUse {
        let revoked_at = self.random.iter().find(|row| row.token == token).and_then(|row| row.revoked_at);
        let Some(revoked_at) = revoked_at else { return RandomUse::Exchanged };
        let active = self.random.iter().rev().find(|row| row.revoked_at.is_none());
        match active.filter(|active| active.parent.as_deref() == Some(token)) {
            Some(active) => RandomUse::Active(active.token.clone()),
            None if now > revoked_at + reuse_interval => RandomUse::AlreadyUsed,
            None => RandomUse::Exchanged,
        }
    }

    /// Adds a token of version 1 and revokes its parent, again if it was revoked already.
    pub(crate) fn exchange_random(&mut self, parent: &str, token: String, now: DateTime<Utc>) {
        for row in self.random.iter_mut().filter(|row| row.token == parent) {
            row.revoked_at = Some(now);
        }
        self.push_random(RandomToken { token, parent: Some(parent.to_owned()), revoked_at: None });
    }

    /// Adds a token of version 1 and revokes the active one.
    pub(crate) fn swap_random(&mut self, token: String, now: DateTime<Utc>) {
        let active = self.random.iter_mut().find(|row| row.revoked_at.is_none());
        let parent = active.map(|active| {
            active.revoked_at = Some(now);
            active.token.clone()
        });
        self.push_random(RandomToken { token, parent, revoked_at: None });
    }

    fn push_random(&mut self, token: RandomToken) {
        if self.random.len() >= MOST_RANDOM {
            self.random.remove(0);
        }
        self.random.push(token);
    }

    /// Revokes all tokens of version 1. They can be reused for the reuse interval, as at the real server.
    pub(crate) fn revoke_random(&mut self, now: DateTime<Utc>) {
        for row in &mut self.random {
            row.revoked_at.get_or_insert(now);
        }
    }
}

impl Signer {
    /// Returns the current token.
    pub(crate) fn token(&self, session_id: Uuid) -> String {
        SignedToken::sign(session_id, self.counter, &self.key)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("counter", &self.counter).finish_non_exhaustive()
    }
}
