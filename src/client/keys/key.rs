//! Public keys, made ready once, and what they verify.

use std::{fmt, sync::Arc};

use jsonwebtoken::{Algorithm, DecodingKey, crypto::aws_lc::DEFAULT_PROVIDER};

use crate::{
    error::{Result, TokenError},
    input,
    secret::Secret,
    types::{Jwk, JwkSet},
};

/// One key, with the one algorithm that it is for.
pub(crate) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    decoding: DecodingKey,
}

impl Key {
    /// A public key; none when it is not for signatures, or for an algorithm that we do not know.
    fn public(jwk: &Jwk) -> Option<Self> {
        let (algorithm, decoding) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("EC", Some("P-256")) => {
                (Algorithm::ES256, DecodingKey::from_ec_components(jwk.x.as_deref()?, jwk.y.as_deref()?))
            }
            ("RSA", _) => (Algorithm::RS256, DecodingKey::from_rsa_components(jwk.n.as_deref()?, jwk.e.as_deref()?)),
            ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, DecodingKey::from_ed_components(jwk.x.as_deref()?)),
            // Also `oct`: a shared secret that is published is none.
            _ => return None,
        };
        if !is_for_signatures(jwk) || jwk.alg.as_deref().is_some_and(|named| parse(named) != Some(algorithm)) {
            return None;
        }
        Some(Self { id: jwk.kid.clone(), algorithm, decoding: decoding.ok()? })
    }

    /// A secret that the server and we share.
    pub(crate) fn shared(secret: &Secret) -> Result<Self> {
        // Everybody can sign with nothing.
        input::secret("HS256 secret", secret)?;
        let decoding = DecodingKey::from_secret(secret.expose().as_bytes());
        Ok(Self { id: None, algorithm: Algorithm::HS256, decoding })
    }

    /// Checks the signature of a message whose token names this key's algorithm.
    pub(crate) fn check(&self, message: &str, signature: &Vec<u8>) -> Result<(), TokenError> {
        // The provider by its name: the default of jsonwebtoken panics when another crate has chosen two.
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm, &self.decoding);
        let verifier = verifier.map_err(|_| TokenError::AlgorithmNotAllowed)?;
        verifier.verify(message.as_bytes(), signature).map_err(|_| TokenError::BadSignature)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn is_for_signatures(jwk: &Jwk) -> bool {
    let verifies = |operations: &Vec<String>| operations.iter().any(|operation| operation == "verify");
    jwk.use_.as_deref().is_none_or(|use_| use_ == "sig") && jwk.key_ops.as_ref().is_none_or(verifies)
}

/// The algorithm of that name, of those that a key set may have keys for.
pub(crate) fn parse(name: &str) -> Option<Algorithm> {
    match name {
        "ES256" => Some(Algorithm::ES256),
        "RS256" => Some(Algorithm::RS256),
        "EdDSA" => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// What a search in a set comes to.
pub(crate) enum Found {
    Key(Arc<Key>),
    /// There is the key, but it is for another algorithm.
    OtherAlgorithm,
    Nothing,
}

impl Found {
    pub(crate) fn key(self) -> Result<Arc<Key>, TokenError> {
        match self {
            Self::Key(key) => Ok(key),
            Self::OtherAlgorithm => Err(TokenError::AlgorithmNotAllowed),
            Self::Nothing => Err(TokenError::UnknownKey),
        }
    }
}

/// The keys that a server has published.
pub(crate) struct KeySet(Vec<Arc<Key>>);

impl KeySet {
    pub(crate) fn new(published: &JwkSet) -> Self {
        Self(published.keys.iter().filter_map(Key::public).map(Arc::new).collect())
    }

    /// The key of that id. Without an id the only one for the algorithm, if there is but one.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found {
        let mut fitting = self.0.iter().filter(|key| key.algorithm == algorithm);
        let Some(id) = id else {
            return match (fitting.next(), fitting.next()) {
                (Some(key), None) => Found::Key(key.clone()),
                _ => Found::Nothing,
            };
        };
        let has_id = |key: &&Arc<Key>| key.id.as_deref() == Some(id);
        match fitting.find(has_id) {
            Some(key) => Found::Key(key.clone()),
            None if self.0.iter().any(|key| has_id(&key)) => Found::OtherAlgorithm,
            None => Found::Nothing,
        }
    }
}
