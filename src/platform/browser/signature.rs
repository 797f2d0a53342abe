//! Signatures, in pure Rust.

use ed25519_dalek::Verifier;
use hmac::{Hmac, KeyInit, Mac};
use rsa::{BoxedUint, pkcs1v15};
use sha2::{Sha256, Sha512};

/// A public key with its algorithm.
pub(crate) enum VerifyingKey {
    Es256(p256::ecdsa::VerifyingKey),
    Es512(p521::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
    Rs256(pkcs1v15::VerifyingKey<Sha256>),
    Rs512(pkcs1v15::VerifyingKey<Sha512>),
}

impl VerifyingKey {
    /// Parses an uncompressed point of the curve P-256 (SEC 1, section 2.3.3).
    pub(crate) fn es256(point: &[u8]) -> Option<Self> {
        p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::Es256)
    }

    /// Parses an uncompressed point of the curve P-521.
    pub(crate) fn es512(point: &[u8]) -> Option<Self> {
        p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::Es512)
    }

    /// Parses a point of the curve Ed25519 (RFC 8032, section 5.1.5).
    pub(crate) fn ed25519(point: &[u8]) -> Option<Self> {
        ed25519_dalek::VerifyingKey::try_from(point).ok().map(Self::Ed25519)
    }

    /// Parses the modulus and the exponent of an RSA key, big-endian, without leading zeros.
    pub(crate) fn rs256(n: &[u8], e: &[u8]) -> Option<Self> {
        rsa(n, e).map(pkcs1v15::VerifyingKey::new).map(Self::Rs256)
    }

    /// As [`rs256`](Self::rs256), with SHA-512.
    pub(crate) fn rs512(n: &[u8], e: &[u8]) -> Option<Self> {
        rsa(n, e).map(pkcs1v15::VerifyingKey::new).map(Self::Rs512)
    }

    /// Returns whether the signature, in the form of JWS (RFC 7518, section 3), is valid for the message.
    pub(crate) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(key) => is_valid::<p256::ecdsa::Signature>(key, message, signature),
            Self::Es512(key) => is_valid::<p521::ecdsa::Signature>(key, message, signature),
            Self::Ed25519(key) => is_valid::<ed25519_dalek::Signature>(key, message, signature),
            Self::Rs256(key) => is_valid::<pkcs1v15::Signature>(key, message, signature),
            Self::Rs512(key) => is_valid::<pkcs1v15::Signature>(key, message, signature),
        }
    }
}

fn rsa(n: &[u8], e: &[u8]) -> Option<rsa::PublicKey> {
    let (n, e) = (BoxedUint::from_be_slice_vartime(n), BoxedUint::from_be_slice_vartime(e));
    rsa::PublicKey::new(n, e).ok()
}

fn is_valid<S: for<'a> TryFrom<&'a [u8]>>(key: &impl Verifier<S>, message: &[u8], signature: &[u8]) -> bool {
    S::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// A key for HMAC with SHA-256.
#[derive(Clone)]
pub(crate) struct HmacKey(Hmac<Sha256>);

impl HmacKey {
    pub(crate) fn new(secret: &[u8]) -> Self {
        // A longer key is hashed, a shorter one is padded (RFC 2104, section 2).
        Self(Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default())))
    }

    #[cfg(feature = "hooks")]
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.clone().chain_update(message).finalize().into_bytes().to_vec()
    }

    /// Returns whether the tag is valid for the message, in constant time.
    pub(crate) fn is_valid(&self, message: &[u8], tag: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(tag).is_ok()
    }
}
