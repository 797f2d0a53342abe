//! SHA-256, by aws-lc-rs.

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

/// Returns the hash of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    let mut hash = [0; SHA256_OUTPUT_LEN];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
