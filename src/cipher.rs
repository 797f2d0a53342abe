//! Authenticated encryption.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
};
use zeroize::Zeroizing;

/// AES-256-GCM with a random nonce, which precedes the ciphertext.
///
/// The purpose is the associated data: what was encrypted for one purpose cannot be decrypted for another.
pub(crate) struct Cipher(RandomizedNonceKey);

impl Cipher {
    /// Creates a cipher. No key of this length is known to be rejected.
    pub(crate) fn new(key: &[u8; 32]) -> Result<Self, Unspecified> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self)
    }

    pub(crate) fn encrypt(&self, mut plaintext: Vec<u8>, purpose: &str) -> Result<Vec<u8>, Unspecified> {
        let nonce = self.0.seal_in_place_append_tag(Aad::from(purpose), &mut plaintext)?;
        Ok([nonce.as_ref().as_slice(), &plaintext].concat())
    }

    /// Returns `None` if the text was encrypted with another key or for another purpose, or was changed.
    pub(crate) fn decrypt(&self, encrypted: &[u8], purpose: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = encrypted.split_first_chunk::<NONCE_LEN>()?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        let length = self.0.open_in_place(Nonce::from(nonce), Aad::from(purpose), &mut plaintext).ok()?.len();
        plaintext.truncate(length);
        Some(plaintext)
    }
}
