//! SHA-256.

/// Returns the hash of some bytes.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

    let mut hash = [0; SHA256_OUTPUT_LEN];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// Returns the hash of some bytes.
#[cfg(target_arch = "wasm32")]
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};

    Sha256::digest(bytes).into()
}
