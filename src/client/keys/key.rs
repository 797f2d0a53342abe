//! Parsed public keys and their lookup by key id and algorithm.

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    error::TokenError,
    platform::signature::VerifyingKey,
    types::{Jwk, JwkSet},
};

/// The length of the modulus of an RSA key, in bytes: 2048 to 8192 bits (RFC 7518, section 3.3).
const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// The asymmetric signature algorithms that the server can sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Es256,
    Es512,
    Rs256,
    Rs512,
    EdDsa,
}

impl Algorithm {
    /// Returns the algorithm with this `alg` name (RFC 7518, section 3.1; RFC 8037).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "ES256" => Some(Self::Es256),
            "ES512" => Some(Self::Es512),
            "RS256" => Some(Self::Rs256),
            "RS512" => Some(Self::Rs512),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A public key with the one algorithm that it may be used with (RFC 8725, section 3.1).
pub(crate) struct PublicKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: VerifyingKey,
}

impl PublicKey {
    /// Parses a published key. Returns `None` if it is not for signatures, invalid, or for an unsupported algorithm.
    fn parse(jwk: &Jwk) -> Option<Self> {
        let algorithm = match (jwk.kty.as_str(), jwk.crv.as_deref(), jwk.alg.as_deref()) {
            ("EC", Some("P-256"), None | Some("ES256")) => Algorithm::Es256,
            ("EC", Some("P-521"), None | Some("ES512")) => Algorithm::Es512,
            ("RSA", _, None | Some("RS256")) => Algorithm::Rs256,
            ("RSA", _, Some("RS512")) => Algorithm::Rs512,
            ("OKP", Some("Ed25519"), None | Some("EdDSA")) => Algorithm::EdDsa,
            // Symmetric keys (`oct`) are rejected: a published secret proves nothing.
            _ => return None,
        };
        let key = match algorithm {
            _ if !is_for_signatures(jwk) => None,
            Algorithm::Es256 => VerifyingKey::es256(&point(jwk, 32)?),
            Algorithm::Es512 => VerifyingKey::es512(&point(jwk, 66)?),
            Algorithm::Rs256 => rsa(VerifyingKey::rs256, jwk),
            Algorithm::Rs512 => rsa(VerifyingKey::rs512, jwk),
            Algorithm::EdDsa => VerifyingKey::ed25519(&decode(jwk.x.as_ref())?),
        };
        Some(Self { id: jwk.kid.clone(), algorithm, key: key? })
    }

    /// Verifies the signature of a token whose header names this key's algorithm.
    pub(crate) fn verify(&self, signing_input: &str, signature: &[u8]) -> Result<(), TokenError> {
        let is_valid = self.key.is_valid(signing_input.as_bytes(), signature);
        if is_valid { Ok(()) } else { Err(TokenError::BadSignature) }
    }
}

fn is_for_signatures(jwk: &Jwk) -> bool {
    let verifies = |operations: &Vec<String>| operations.iter().any(|operation| operation == "verify");
    jwk.use_.as_deref().is_none_or(|use_| use_ == "sig") && jwk.key_ops.as_ref().is_none_or(verifies)
}

/// Returns the uncompressed point (SEC 1, section 2.3.3) of an elliptic-curve key whose coordinates have this length in
/// bytes.
fn point(jwk: &Jwk, length: usize) -> Option<Vec<u8>> {
    let mut point = vec![4];
    for coordinate in [&jwk.x, &jwk.y] {
        let coordinate = decode(coordinate.as_ref())?;
        // Some servers omit leading zeros.
        point.resize(point.len() + length.checked_sub(coordinate.len())?, 0);
        point.extend(coordinate);
    }
    Some(point)
}

fn rsa(key: fn(&[u8], &[u8]) -> Option<VerifyingKey>, jwk: &Jwk) -> Option<VerifyingKey> {
    let (n, e) = (decode(jwk.n.as_ref())?, decode(jwk.e.as_ref())?);
    let (n, e) = (without_leading_zeros(&n), without_leading_zeros(&e));
    if !RSA_MODULUS.contains(&n.len()) {
        return None;
    }
    key(n, e)
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

fn decode(member: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
}

/// The usable keys of a published set.
pub(crate) struct KeySet(Vec<Arc<PublicKey>>);

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl KeySet {
    pub(crate) fn new(published: &JwkSet) -> Self {
        Self(published.keys.iter().filter_map(PublicKey::parse).map(Arc::new).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the key with this id, or, without an id, the only key for the algorithm.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<PublicKey>, TokenError> {
        let mut candidates = self.0.iter().filter(|key| key.algorithm == algorithm);
        let Some(id) = id else {
            return match (candidates.next(), candidates.next()) {
                (Some(key), None) => Ok(key.clone()),
                _ => Err(TokenError::UnknownKey),
            };
        };
        let has_id = |key: &&Arc<PublicKey>| key.id.as_deref() == Some(id);
        match candidates.find(has_id) {
            Some(key) => Ok(key.clone()),
            None if self.0.iter().any(|key| has_id(&key)) => Err(TokenError::AlgorithmNotAllowed),
            None => Err(TokenError::UnknownKey),
        }
    }
}
