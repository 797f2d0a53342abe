//! Signatures of access tokens, by aws-lc-rs.

use aws_lc_rs::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
    },
};

/// A public key with its algorithm.
pub(crate) struct VerifyingKey(ParsedPublicKey);

impl VerifyingKey {
    /// Parses an uncompressed point of the curve P-256 (SEC 1, section 2.3.3).
    pub(crate) fn es256(point: &[u8]) -> Option<Self> {
        Self::new(&ECDSA_P256_SHA256_FIXED, point)
    }

    /// Parses an uncompressed point of the curve P-521.
    pub(crate) fn es512(point: &[u8]) -> Option<Self> {
        Self::new(&ECDSA_P521_SHA512_FIXED, point)
    }

    /// Parses a point of the curve Ed25519 (RFC 8032, section 5.1.5).
    pub(crate) fn ed25519(point: &[u8]) -> Option<Self> {
        Self::new(&ED25519, point)
    }

    /// Parses the modulus and the exponent of an RSA key, big-endian, without leading zeros.
    pub(crate) fn rs256(n: &[u8], e: &[u8]) -> Option<Self> {
        Self::rsa(&RSA_PKCS1_2048_8192_SHA256, n, e)
    }

    /// As [`rs256`](Self::rs256), with SHA-512.
    pub(crate) fn rs512(n: &[u8], e: &[u8]) -> Option<Self> {
        Self::rsa(&RSA_PKCS1_2048_8192_SHA512, n, e)
    }

    fn new(algorithm: &'static dyn VerificationAlgorithm, key: &[u8]) -> Option<Self> {
        ParsedPublicKey::new(algorithm, key).ok().map(Self)
    }

    fn rsa(parameters: &'static RsaParameters, n: &[u8], e: &[u8]) -> Option<Self> {
        RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters).ok().map(Self)
    }

    /// Returns whether the signature, in the form of JWS (RFC 7518, section 3), is valid for the message.
    pub(crate) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

/// A key for HMAC with SHA-256.
#[derive(Clone)]
pub(crate) struct HmacKey(hmac::Key);

impl HmacKey {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    #[cfg(feature = "hooks")]
    pub(crate) fn sign(&self, message: &[u8]) -> impl AsRef<[u8]> + use<> {
        hmac::sign(&self.0, message)
    }

    /// Returns whether the tag is valid for the message, in constant time.
    pub(crate) fn is_valid(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}
