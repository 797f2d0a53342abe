//! The secret of a server that signs with HS256.

use std::fmt;

use crate::{
    error::{Result, TokenError},
    input,
    platform::signature::HmacKey,
    secret::Secret,
};

/// A secret that tokens are verified with. Never printed.
#[derive(Clone)]
pub(super) struct SharedSecret(HmacKey);

impl SharedSecret {
    pub(super) fn new(secret: &Secret) -> Result<Self> {
        // Anyone can sign with an empty secret.
        input::secret("HS256 secret", secret)?;
        Ok(Self(HmacKey::new(secret.expose().as_bytes())))
    }

    pub(super) fn verify(&self, signing_input: &str, signature: &[u8]) -> Result<(), TokenError> {
        let is_valid = self.0.is_valid(signing_input.as_bytes(), signature);
        if is_valid { Ok(()) } else { Err(TokenError::BadSignature) }
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecret").finish_non_exhaustive()
    }
}
