//! Signatures of Standard Webhooks.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::platform::signature::HmacKey;

/// The version of symmetric signatures.
const VERSION: &str = "v1";

/// What a signature covers: the id, the timestamp and the body, as sent.
pub struct Signed(Vec<u8>);

impl Signed {
    pub fn new(id: &str, timestamp: &str, body: &[u8]) -> Self {
        Self([id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat())
    }

    pub fn sign(&self, key: &HmacKey) -> String {
        format!("{VERSION},{}", STANDARD.encode(key.sign(&self.0)))
    }

    /// Returns whether any of the signatures in a header is valid for any of the keys. Each comparison takes constant
    /// time.
    pub fn is_valid(&self, header: &str, keys: &[HmacKey]) -> bool {
        signatures(header).any(|signature| keys.iter().any(|key| key.is_valid(&self.0, &signature)))
    }
}

/// Returns whether a header has a signature of version 1, valid or not.
pub fn has_signature(header: &str) -> bool {
    signatures(header).next().is_some()
}

/// Returns the signatures of version 1 in a header. The server joins them by a comma and a space, Standard Webhooks by a
/// space; a comma also separates the version from its signature.
fn signatures(header: &str) -> impl Iterator<Item = Vec<u8>> {
    let mut parts = header.split([',', ' ']).filter(|part| !part.is_empty());
    std::iter::from_fn(move || parts.find(|part| *part == VERSION).and_then(|_| parts.next()))
        .filter_map(|signature| STANDARD.decode(signature).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_separated_by_commas_and_spaces() {
        for header in ["v1,QQ==, v1,Qg==", "v1,QQ== v1,Qg==", "v1,QQ==,v1,Qg==", " v1,QQ==,  v1a,Qw== v1,Qg==,"] {
            assert_eq!(signatures(header).collect::<Vec<_>>(), [b"A", b"B"], "{header}");
        }
        for header in ["", "v1", "v1,", "v2,QQ==", "QQ==", "v1,?", "v1a,QQ=="] {
            assert_eq!(signatures(header).count(), 0, "{header}");
        }
    }
}
