//! Key pairs and shared secrets, with their algorithms.

use std::sync::Arc;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto::aws_lc::DEFAULT_PROVIDER};

/// A key pair or a shared secret.
#[derive(Clone)]
pub(crate) enum Pair {
    Common {
        algorithm: Algorithm,
        private: EncodingKey,
        public: DecodingKey,
    },
    /// For ES512, which jsonwebtoken does not have.
    P521 {
        private: Arc<EcdsaKeyPair>,
        /// The uncompressed point.
        public: Vec<u8>,
    },
}

impl Pair {
    /// Returns a shared secret for HS256.
    pub(crate) fn shared(secret: &[u8]) -> Self {
        Self::Common {
            algorithm: Algorithm::HS256,
            private: EncodingKey::from_secret(secret),
            public: DecodingKey::from_secret(secret),
        }
    }

    /// Returns the pair of a private key and its coordinates on P-521, or `None` if they do not belong together.
    pub(crate) fn p521(d: &[u8], x: &[u8], y: &[u8]) -> Option<Self> {
        let public = [&[4], x, y].concat();
        let private =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P521_SHA512_FIXED_SIGNING, d, &public).ok()?;
        Some(Self::P521 { private: Arc::new(private), public })
    }

    /// Returns the name of the algorithm in the header of a token.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Common { algorithm: Algorithm::ES256, .. } => "ES256",
            Self::Common { algorithm: Algorithm::EdDSA, .. } => "EdDSA",
            Self::Common { algorithm: Algorithm::RS256, .. } => "RS256",
            Self::Common { algorithm: Algorithm::RS512, .. } => "RS512",
            Self::Common { .. } => "HS256",
            Self::P521 { .. } => "ES512",
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Common { algorithm, private, .. } => (DEFAULT_PROVIDER.signer_factory)(algorithm, private)
                .and_then(|signer| Ok(signer.try_sign(message)?))
                .map_err(|error| error.to_string()),
            Self::P521 { private, .. } => {
                let signature = private.sign(&SystemRandom::new(), message).map_err(|error| error.to_string())?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }

    pub(crate) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Common { algorithm, public, .. } => (DEFAULT_PROVIDER.verifier_factory)(algorithm, public)
                .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok()),
            Self::P521 { public, .. } => {
                UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, public).verify(message, signature).is_ok()
            }
        }
    }
}
