//! The keys that the server signs with.

mod jwk;
mod pair;

use std::fmt;

use base64::{DecodeError, Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::Secret;
use serde::Serialize;
use serde_json::Value;

use self::pair::Pair;
use crate::{
    model::types::{Jwk, JwkSet},
    random::Random,
    wire::parse_json,
};

/// The algorithms that the real server's library knows.
const METHODS: [&str; 14] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
    "EdDSA", "none",
];

/// The keys, newest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    all: Vec<Key>,
    random: Random,
    /// The shared secret, which also verifies tokens without a known key id.
    shared_secret: Option<Secret>,
}

/// A key of the server.
#[derive(Clone)]
pub(crate) struct Key {
    id: Option<String>,
    signs: bool,
    pair: Pair,
    published: Option<Jwk>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Parses the private keys of a server: a list of JSON Web Keys, one of which signs.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let list: Vec<Value> = serde_json::from_str(text).map_err(|_| "expected a list of JSON Web Keys".to_owned())?;
    let keys: Vec<Key> = list.iter().map(jwk::key).collect::<Result<_, _>>()?;
    match keys.iter().filter(|key| key.signs).count() {
        1 => Ok(list.into()),
        0 => Err("no key has the operation \"sign\"".to_owned()),
        _ => Err("only one key may have the operation \"sign\"".to_owned()),
    }
}

impl Keys {
    /// Returns keys derived from a seed.
    pub(crate) fn derived(name: &'static str, seed: u64) -> Self {
        let mut keys = Self { all: Vec::new(), random: Random::new(name, seed), shared_secret: None };
        keys.rotate();
        keys
    }

    /// Returns a server's keys that are a shared secret (HS256), whose id may be empty.
    pub(crate) fn shared(secret: Secret, id: &str, seed: u64) -> Self {
        let key = jwk::key(&jwk::secret(secret.expose(), id));
        Self { all: key.into_iter().collect(), random: Random::new("keys", seed), shared_secret: Some(secret) }
    }

    /// Returns a server's keys from a list of [parsed](parse) ones.
    pub(crate) fn listed(list: &Value, shared_secret: Option<Secret>, seed: u64) -> Self {
        let keys = list.as_array().into_iter().flatten().filter_map(|jwk| jwk::key(jwk).ok());
        // The one that signs is the last.
        let (signing, others): (Vec<Key>, Vec<Key>) = keys.partition(|key| key.signs);
        Self { all: others.into_iter().chain(signing).collect(), random: Random::new("keys", seed), shared_secret }
    }

    /// Returns the shared secret, or an empty one if there is none.
    pub(crate) fn shared_secret(&self) -> Secret {
        self.shared_secret.clone().unwrap_or_default()
    }

    /// Signs with a new key from now on. A shared secret does not change.
    pub(crate) fn rotate(&mut self) {
        if self.all.last().is_some_and(|key| key.algorithm() == "HS256") {
            return;
        }
        let (private, id) = (self.random.bytes(), format!("key-{}", self.random.refresh_token()));
        self.all.extend(jwk::p256(&private, &id).and_then(|jwk| jwk::key(&jwk).ok()));
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
        key.sign(claims).map(Secret::from)
    }

    /// Verifies the signature of a token and returns its claims, even if it has expired. Only these algorithms are
    /// accepted, or else those of the keys.
    pub(crate) fn verify(&self, token: &str, algorithms: Option<&[String]>) -> Result<Value, String> {
        let malformed = |why: String| format!("token is malformed: {why}");
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(malformed("token contains an invalid number of segments".to_owned()));
        };
        let header = read(header, "header").map_err(malformed)?;
        let claims = read(payload, "claim").map_err(malformed)?;
        let name = header["alg"].as_str();
        let name = name.ok_or("token is unverifiable: signing method (alg) is unspecified")?;
        if !METHODS.contains(&name) {
            return Err("token is unverifiable: signing method (alg) is unavailable".to_owned());
        }
        let is_accepted = match algorithms {
            Some(algorithms) => algorithms.iter().any(|accepted| accepted == name),
            None => self.all.iter().any(|key| key.algorithm() == name),
        };
        if !is_accepted {
            return Err(format!("token signature is invalid: signing method {name} is invalid"));
        }
        let decoded = URL_SAFE_NO_PAD.decode(signature);
        let signature = decoded.map_err(|error| malformed(bad_base64("signature", signature, &error)))?;
        let id = header["kid"].as_str();
        let by_id = self.all.iter().find(|key| id.is_some() && id == key.id.as_deref());
        let fallback = || Some(Pair::shared(self.shared_secret.as_ref()?.expose().as_bytes()));
        let pair = match by_id {
            Some(key) if key.algorithm() == name => Some(key.pair.clone()),
            // The key is there, but it is one of another algorithm.
            Some(_) => {
                return Err(format!("token signature is invalid: key is of invalid type: {}", expected_key(name)));
            }
            None if name == "HS256" => fallback(),
            None => None,
        };
        let pair = pair.ok_or_else(|| {
            let id = id.unwrap_or("<nil>");
            format!(
                "token is unverifiable: error while executing keyfunc: unrecognized JWT kid {id} for algorithm {name}"
            )
        })?;
        let message = format!("{}.{}", parts[0], parts[1]);
        if pair.is_valid(message.as_bytes(), &signature) {
            Ok(claims)
        } else {
            Err(format!("token signature is invalid: {}", signature_error(name)))
        }
    }
}

impl Key {
    fn algorithm(&self) -> &'static str {
        self.pair.algorithm()
    }

    fn sign(&self, claims: &impl Serialize) -> Result<String, String> {
        let header = Header { alg: self.algorithm(), kid: self.id.as_deref(), typ: "JWT" };
        let message = format!("{}.{}", encode(&header)?, encode(claims)?);
        let signature = self.pair.sign(message.as_bytes())?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The header of a token, in the order of the real server.
#[derive(Clone, Serialize)]
struct Header<'a> {
    alg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'a str,
}

fn encode(part: &impl Serialize) -> Result<String, String> {
    let json = serde_json::to_vec(part).map_err(|error| error.to_string())?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn read(part: &str, what: &str) -> Result<Value, String> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|error| bad_base64(what, part, &error))?;
    parse_json(&json).map_err(|error| format!("could not JSON decode {what}: {error}"))
}

/// Returns the error for a signature that does not verify.
fn signature_error(algorithm: &str) -> &'static str {
    match &algorithm[..2] {
        "ES" => "crypto/ecdsa: verification error",
        "RS" | "PS" => "crypto/rsa: verification error",
        "Ed" => "ed25519: verification error",
        _ => "signature is invalid",
    }
}

/// Returns which key an algorithm needs, as the error for another one says it.
fn expected_key(algorithm: &str) -> &'static str {
    match &algorithm[..2] {
        "ES" => "ECDSA verify expects *ecdsa.PublicKey",
        "RS" | "PS" => "RSA verify expects *rsa.PublicKey",
        "Ed" => "Ed25519 verify expects ed25519.PublicKey",
        _ => "HMAC verify expects []byte",
    }
}

fn bad_base64(what: &str, text: &str, error: &DecodeError) -> String {
    let at = match error {
        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol { offset: at, .. } => *at,
        // A single last character.
        DecodeError::InvalidLength(length) => length.saturating_sub(1),
        DecodeError::InvalidPadding => text.find('=').unwrap_or_default(),
    };
    format!("could not base64 decode {what}: illegal base64 data at input byte {at}")
}
