//! The keys that the server signs with.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::Secret;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto::aws_lc::DEFAULT_PROVIDER, errors};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    model::types::{Jwk, JwkSet},
    random::Random,
};

/// A P-256 private key in PKCS#8, up to its 32 bytes.
const PKCS8_PREFIX: &[u8; 35] =
    b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\
    \x3d\x03\x01\x07\x04\x27\x30\x25\x02\x01\x01\x04\x20";

/// The signing keys, newest last.
#[derive(Debug)]
pub(crate) struct Keys {
    all: Vec<Key>,
    random: Random,
    /// For HS256.
    shared_secret: Option<Secret>,
}

/// A key pair with its id, or a shared secret without one.
struct Key {
    id: Option<String>,
    private: EncodingKey,
    public: DecodingKey,
    published: Option<Jwk>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Keys {
    /// Returns the keys of a server, which signs with the shared secret (HS256) if there is one.
    pub(crate) fn of_server(shared_secret: Option<Secret>, seed: u64) -> Self {
        let mut keys = Self { all: Vec::new(), random: Random::new("keys", seed), shared_secret };
        keys.rotate();
        keys
    }

    /// Returns the key of the providers, which the server does not publish.
    pub(crate) fn of_providers(seed: u64) -> Self {
        let mut keys = Self { all: Vec::new(), random: Random::new("provider keys", seed), shared_secret: None };
        keys.rotate();
        keys
    }

    /// Returns the shared secret for HS256, empty if the server signs with ES256.
    pub(crate) fn shared_secret(&self) -> Secret {
        self.shared_secret.clone().unwrap_or_default()
    }

    /// Signs with a new key from now on. A shared secret does not change.
    pub(crate) fn rotate(&mut self) {
        match &self.shared_secret {
            Some(secret) => self.all = vec![Key::shared(secret)],
            None => self.all.extend(Key::pair(&self.random.bytes(), format!("key-{}", self.random.refresh_token()))),
        }
    }

    /// Removes all keys but the newest.
    pub(crate) fn retire(&mut self) {
        self.all.drain(..self.all.len().saturating_sub(1));
    }

    /// Returns the public keys.
    pub(crate) fn published(&self) -> JwkSet {
        JwkSet { keys: self.all.iter().rev().filter_map(|key| key.published.clone()).collect() }
    }

    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<Secret, String> {
        let key = self.all.last().ok_or("there is no key")?;
        key.sign(claims).map(Secret::from).map_err(|error| error.to_string())
    }

    /// Verifies the signature of a token and returns its claims, even if it has expired.
    pub(crate) fn verify(&self, token: &str) -> Result<Value, String> {
        let malformed = "token is malformed: token contains an invalid number of segments";
        let (message, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let (header, payload) = message.split_once('.').ok_or(malformed)?;
        let (header, payload) = (read(header)?, read(payload)?);
        let key = self.all.iter().find(|key| header["kid"].as_str() == key.id.as_deref());
        let key = key.filter(|key| header["alg"] == key.algorithm_name()).ok_or("unrecognized JWT kid or algorithm")?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|error| error.to_string())?;
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&key.algorithm(), &key.public);
        let verifier = verifier.map_err(|error| error.to_string())?;
        verifier.verify(message.as_bytes(), &signature).map_err(|_| "signature is invalid")?;
        Ok(payload)
    }
}

impl Key {
    fn shared(secret: &Secret) -> Self {
        let secret = secret.expose().as_bytes();
        let (private, public) = (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret));
        Self { id: None, private, public, published: None }
    }

    fn pair(private: &[u8; 32], id: String) -> Option<Self> {
        let private = [&PKCS8_PREFIX[..], private].concat();
        let public = DEFAULT_PROVIDER.key_utils.ec_pub_components_from_private_key;
        let (_, x, y) = public(&private, Algorithm::ES256).ok()?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let public = DecodingKey::from_ec_components(&x, &y).ok()?;
        let jwk = json!({
            "kty": "EC", "kid": id, "alg": "ES256", "use": "sig", "key_ops": ["verify"], "crv": "P-256", "x": x, "y": y,
        });
        let published = serde_json::from_value(jwk).ok()?;
        Some(Self { id: Some(id), private: EncodingKey::from_ec_der(&private), public, published: Some(published) })
    }

    fn algorithm(&self) -> Algorithm {
        if self.id.is_some() { Algorithm::ES256 } else { Algorithm::HS256 }
    }

    fn algorithm_name(&self) -> &'static str {
        if self.id.is_some() { "ES256" } else { "HS256" }
    }

    fn sign(&self, claims: &impl Serialize) -> errors::Result<String> {
        let header = Header { alg: self.algorithm_name(), kid: self.id.as_deref(), typ: "JWT" };
        let (header, claims) = (encode(&header)?, encode(claims)?);
        let message = format!("{header}.{claims}");
        let signer = (DEFAULT_PROVIDER.signer_factory)(&self.algorithm(), &self.private)?;
        let signature = signer.try_sign(message.as_bytes())?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The header of a token, in the order of the real server.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'a str,
}

fn encode(part: &impl Serialize) -> errors::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(part)?))
}

fn read(part: &str) -> Result<Value, String> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}
