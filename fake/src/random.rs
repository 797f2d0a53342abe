//! Ids, tokens and codes, the same for the same seed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A sequence of bytes that look random.
#[derive(Clone, Debug, Default)]
pub(crate) struct Random {
    /// Keeps the sequences of a server apart.
    name: &'static str,
    seed: u64,
    drawn: u64,
}

impl Random {
    pub(crate) fn new(name: &'static str, seed: u64) -> Self {
        Self { name, seed, drawn: 0 }
    }

    /// Returns how many values were drawn.
    pub(crate) fn drawn(&self) -> u64 {
        self.drawn
    }

    /// Returns the sequence at a position.
    pub(crate) fn at(self, drawn: u64) -> Self {
        Self { drawn, ..self }
    }

    /// Returns a sequence of its own.
    pub(crate) fn fork(&mut self) -> Self {
        let mut seed = [0; 8];
        seed.copy_from_slice(&self.bytes()[..8]);
        Self::new(self.name, u64::from_be_bytes(seed))
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        self.drawn += 1;
        let numbers = [self.seed, self.drawn].map(u64::to_be_bytes);
        Sha256::new().chain_update(self.name).chain_update(numbers.concat()).finalize().into()
    }

    pub(crate) fn id(&mut self) -> Uuid {
        let mut id = [0; 16];
        id.copy_from_slice(&self.bytes()[..16]);
        uuid::Builder::from_random_bytes(id).into_uuid()
    }

    /// Returns the secret of an authenticator app.
    pub(crate) fn totp_secret(&mut self) -> [u8; 20] {
        let mut secret = [0; 20];
        secret.copy_from_slice(&self.bytes()[..20]);
        secret
    }

    /// Returns 32 bytes in base64url: a challenge to an authenticator, or the secret of an OAuth client.
    pub(crate) fn challenge(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// Returns the id of an authorization request: 32 characters of base32.
    pub(crate) fn authorization_id(&mut self) -> String {
        characters(&self.bytes(), b"abcdefghijklmnopqrstuvwxyz234567")
    }

    /// Returns a recovery code, at most 32 characters of base32.
    pub(crate) fn recovery_code(&mut self, length: usize) -> String {
        self.authorization_id().chars().take(length).collect()
    }

    /// Returns a code of so many digits.
    pub(crate) fn code(&mut self, length: usize) -> String {
        self.bytes().iter().take(length).map(|byte| char::from(b'0' + byte % 10)).collect()
    }

    /// Returns a refresh token of version 1: twelve characters of `a-z0-9`.
    pub(crate) fn refresh_token(&mut self) -> String {
        characters(&self.bytes()[..12], b"abcdefghijklmnopqrstuvwxyz0123456789")
    }
}

fn characters(bytes: &[u8], alphabet: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}
