//! The secret of a server that signs with HS256.

use std::fmt;

use aws_lc_rs::hmac;

use crate::{
    error::{Result, TokenError},
    input,
    secret::Secret,
};

/// A secret that tokens are verified with. Never printed.
#[derive(Clone)]
pub(super) struct SharedSecret(hmac::Key);

impl SharedSecret {
    pub(super) fn new(secret: &Secret) -> Result<Self> {
        // Anyone can sign with an empty secret.
        input::secret("HS256 secret", secret)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes())))
    }

    pub(super) fn verify(&self, signing_input: &str, signature: &[u8]) -> Result<(), TokenError> {
        hmac::verify(&self.0, signing_input.as_bytes(), signature).map_err(|_| TokenError::BadSignature)
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecret").finish_non_exhaustive()
    }
}
