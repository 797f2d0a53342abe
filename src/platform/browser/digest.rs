//! SHA-256, in Rust.

use sha2::{Digest, Sha256};

/// Returns the hash of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
