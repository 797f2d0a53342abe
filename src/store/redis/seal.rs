//! Encryption of what the server keeps.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::StoreError;

/// AES-256-GCM with a random nonce, which is put before the ciphertext.
///
/// The associated data is the name of the record's key: a record that somebody has moved to another user's place cannot
/// be opened there.
pub(super) struct Seal(RandomizedNonceKey);

impl Seal {
    pub(super) fn new(key: &[u8; 32]) -> Result<Self, StoreError> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self).map_err(|error| StoreError::new("use its key", error))
    }

    pub(super) fn close(&self, mut plain: Vec<u8>, place: &str) -> Result<Vec<u8>, StoreError> {
        let nonce = self.0.seal_in_place_append_tag(Aad::from(place), &mut plain);
        let nonce = nonce.map_err(|error| StoreError::new("encrypt the session", error))?;
        Ok([nonce.as_ref().as_slice(), &plain].concat())
    }

    /// Nothing when it was closed with another key or for another place, or has been changed.
    pub(super) fn open(&self, sealed: &[u8], place: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let length = self.0.open_in_place(Nonce::from(nonce), Aad::from(place), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}
