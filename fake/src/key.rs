//! The keys that the server signs with.

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto::aws_lc::DEFAULT_PROVIDER, errors};
use serde_json::{Value, json};

use crate::model::types::{Jwk, JwkSet};
use gotrue::Secret;

/// The secret of a server of the old kind. Nothing real is behind it.
pub(super) const SHARED_SECRET: &str = "the-signing-key-of-the-fake-server";

/// Private keys of P-256 (PKCS#8), made for this purpose, so that they are the same in each run. Nothing real is behind
/// them.
const PRIVATE_KEYS: [&str; 4] = [
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGv81sbhCTpFXVRKVJXBXKomjHx+b7AKJgs+aZ5DwAYWhRANCAATPirDN\
     oOboaEJb16ZdNgnh66DwyHVNHBMP4q5Nl03RC1tSh5eTAhgPRC6W2wxBhYbo7Zjj/LxBoPNGlVfrFgwc",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgc2eLHkH+4gdIjEvSemfwnFBgAy6uMdMJTlphZ2pKOAGhRANCAATeb+fI\
     XmSMWePpF3LRJwfxwYUVX4YIGQZEeqGgdsEGXFKxfc4K/2z9Ywzm/ZiKWQoFg0FX/RxInAZYZX9YBXkn",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNZ9N4TSwf3f5njuq0f20d2eflfSqf/MgU69PKc1+AIuhRANCAASH/t5Z\
     r1ynIEV7zlR7FlzCwwO2mRFJ+IzjesbLRJOGg9HBXQ+susQEO/zJdQRD0ZEFD4xcmJGFtiYufoEFOwtm",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOdinyoMsDtGjoL5utE/rovvIqeq4xbpKMS+Vne8fEPehRANCAASHpzv5\
     /udScDJBGrbLjdG75RaixpFnZ8/kB0l3zqW6J/LHrDBwXHTjkMTiJ4N0C9oWNTtZ03fFz/IuAFyuHBQa",
];

/// The key of the providers.
const PROVIDER_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYjmdr/dLlLOSDaHHW1w3CamzXhEUyO5CrrnDh0g/W7ShRANCAAQ3tV7RVq4qV4\
     6UxYGnpg8f/S2thOqvpoF90zzpqjwXR0lOS2TvMU7NM0HLvNf9nSO1qjthUwoNyGR27ul60iGP";

/// All keys, the newest last.
#[derive(Debug)]
pub(super) struct Keys {
    all: Vec<Key>,
    /// How many there have ever been.
    made: usize,
    hs256: bool,
}

/// A key with its id, which a shared secret has none of.
struct Key {
    id: Option<String>,
    private: EncodingKey,
    public: DecodingKey,
    published: Option<Jwk>,
}

impl Keys {
    pub(super) fn new(hs256: bool) -> Self {
        let mut keys = Self { all: Vec::new(), made: 0, hs256 };
        keys.rotate();
        keys
    }

    /// The key with which providers sign, which the server does not publish as its own.
    pub(super) fn of_providers() -> Self {
        Self { all: Key::pair(PROVIDER_KEY, "provider-key".to_owned()).into_iter().collect(), made: 1, hs256: false }
    }

    /// Signs with a new key from now on. A shared secret stays.
    pub(super) fn rotate(&mut self) {
        if self.hs256 {
            self.all = vec![Key::shared()];
            return;
        }
        let private = PRIVATE_KEYS[self.made % PRIVATE_KEYS.len()];
        self.made += 1;
        self.all.extend(Key::pair(private, format!("key-{}", self.made)));
    }

    /// Forgets all but the newest.
    pub(super) fn retire(&mut self) {
        self.all.drain(..self.all.len().saturating_sub(1));
    }

    /// What everybody may know.
    pub(super) fn published(&self) -> JwkSet {
        JwkSet { keys: self.all.iter().rev().filter_map(|key| key.published.clone()).collect() }
    }

    pub(super) fn sign(&self, claims: &Value) -> Result<Secret, String> {
        let key = self.all.last().ok_or("there is no key")?;
        key.sign(claims).map(Secret::from).map_err(|error| error.to_string())
    }

    /// The claims of a token that one of the keys has signed, whether or not it has expired.
    pub(super) fn verify(&self, token: &str) -> Result<Value, String> {
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
    fn shared() -> Self {
        let secret = SHARED_SECRET.as_bytes();
        let (private, public) = (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret));
        Self { id: None, private, public, published: None }
    }

    fn pair(private: &str, id: String) -> Option<Self> {
        let private = STANDARD.decode(private).ok()?;
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

    fn sign(&self, claims: &Value) -> errors::Result<String> {
        let mut header = json!({ "alg": self.algorithm_name(), "typ": "JWT" });
        if let Some(id) = &self.id {
            header["kid"] = json!(id);
        }
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let signer = (DEFAULT_PROVIDER.signer_factory)(&self.algorithm(), &self.private)?;
        let signature = signer.try_sign(message.as_bytes())?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

fn read(part: &str) -> Result<Value, String> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}
