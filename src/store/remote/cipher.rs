//! Encryption of the records in the server.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::StoreError;

/// AES-256-GCM with a random nonce, which precedes the ciphertext.
///
/// The associated data is the name of the session, so that a record that is copied to another session cannot be
/// decrypted there.
pub(super) struct Cipher(RandomizedNonceKey);

impl Cipher {
    pub(super) fn new(key: &[u8; 32]) -> Result<Self, StoreError> {
        RandomizedNonceKey::new(&AES_256_GCM, key)
            .map(Self)
            .map_err(|error| StoreError::new("use its encryption key", error))
    }

    pub(super) fn encrypt(&self, mut plaintext: Vec<u8>, name: &str) -> Result<Vec<u8>, StoreError> {
        let nonce = self.0.seal_in_place_append_tag(Aad::from(name), &mut plaintext);
        let nonce = nonce.map_err(|error| StoreError::new("encrypt the session", error))?;
        Ok([nonce.as_ref().as_slice(), &plaintext].concat())
    }

    /// Returns `None` if the record was encrypted with another key or for another session, or was changed.
    pub(super) fn decrypt(&self, encrypted: &[u8], name: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = encrypted.split_first_chunk::<NONCE_LEN>()?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        let length = self.0.open_in_place(Nonce::from(nonce), Aad::from(name), &mut plaintext).ok()?.len();
        plaintext.truncate(length);
        Some(plaintext)
    }
}
