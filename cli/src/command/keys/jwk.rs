//! A private key as a JSON Web Key (RFC 7517).

use aws_lc_rs::{
    encoding::AsBigEndian,
    rand,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use clap::ValueEnum;
use gotrue::{
    Secret,
    serde_json::{Map, Value, json},
};
use jsonwebtoken::{EncodingKey, Header};
use serde::{Deserialize, Serialize};

use super::rsa;
use crate::failure::{Exit, Failure, Result};

/// The members of a key that are secret (RFC 7518, section 6).
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// An algorithm that a server can sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Algorithm {
    /// ECDSA on the curve P-256
    #[value(name = "ES256")]
    Es256,
    /// RSA with 2048 bits
    #[value(name = "RS256")]
    Rs256,
    /// Ed25519
    #[value(name = "EdDSA", alias = "Ed25519")]
    EdDsa,
    /// HMAC with a shared secret, which is not published
    #[value(name = "HS256")]
    Hs256,
}

/// A private or symmetric key. Has no `Debug`, since it is a secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Jwk(Map<String, Value>);

impl Jwk {
    /// Generates a key that only verifies.
    pub fn generate(algorithm: Algorithm, kid: String) -> Result<Self> {
        let members = match algorithm {
            Algorithm::Es256 => es256(),
            Algorithm::EdDsa => ed25519(),
            Algorithm::Rs256 => rsa::generate(),
            Algorithm::Hs256 => hs256(),
        };
        let Value::Object(mut members) = members.map_err(|_| failed("the key cannot be generated"))? else {
            return Err(failed("the key is not an object"));
        };
        members.insert("kid".to_owned(), kid.into());
        members.insert("use".to_owned(), "sig".into());
        members.insert("key_ops".to_owned(), json!(["verify"]));
        Ok(Self(members))
    }

    /// Returns the key of a server that has only a secret. It has no ID.
    pub fn of_secret(secret: &Secret) -> Self {
        let members = [("kty", "oct"), ("alg", "HS256"), ("k", &BASE64URL.encode(secret.expose()))];
        Self(members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }

    /// Makes it sign.
    pub fn signing(mut self) -> Self {
        self.0.insert("key_ops".to_owned(), json!(["sign", "verify"]));
        self
    }

    /// Makes it only verify.
    pub fn verifying(mut self) -> Self {
        self.0.insert("key_ops".to_owned(), json!(["verify"]));
        self
    }

    pub fn kid(&self) -> &str {
        self.member("kid")
    }

    pub fn algorithm(&self) -> &str {
        self.member("alg")
    }

    pub fn signs(&self) -> bool {
        self.0.get("key_ops").and_then(Value::as_array).is_some_and(|ops| ops.contains(&"sign".into()))
    }

    /// Returns the public key, or nothing for a symmetric key.
    pub fn public(&self) -> Option<Value> {
        if self.member("kty") == "oct" {
            return None;
        }
        let public = self.0.iter().filter(|(name, _)| !SECRET_MEMBERS.contains(&name.as_str()));
        let mut public: Map<_, _> = public.map(|(name, value)| (name.clone(), value.clone())).collect();
        public.insert("key_ops".to_owned(), json!(["verify"]));
        Some(public.into())
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Value) -> Result<Secret> {
        let unusable = || failed(&format!("key {} cannot be used", self.kid()));
        let algorithm = self.algorithm().parse().map_err(|_| {
            Failure::usage(format!("key {} has an algorithm that is not supported: {}", self.kid(), self.algorithm()))
        })?;
        let mut header = Header::new(algorithm);
        header.kid = Some(self.kid().to_owned()).filter(|kid| !kid.is_empty());
        let key = self.encoding_key().ok_or_else(unusable)?;
        jsonwebtoken::encode(&header, claims, &key).map(Secret::from).map_err(|_| unusable())
    }

    fn member(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        BASE64URL.decode(self.member(name).trim_end_matches('=')).ok().filter(|bytes| !bytes.is_empty())
    }

    /// The key as the signer takes it, or nothing if it lacks a member or is of an unknown type.
    fn encoding_key(&self) -> Option<EncodingKey> {
        match (self.member("kty"), self.member("crv")) {
            ("oct", _) => Some(EncodingKey::from_secret(&self.bytes("k")?)),
            ("EC", "P-256") => {
                let public = [vec![4], self.bytes("x")?, self.bytes("y")?].concat();
                let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &self.bytes("d")?, &public).ok()?;
                Some(EncodingKey::from_ec_der(pair.to_pkcs8v1().ok()?.as_ref()))
            }
            ("OKP", "Ed25519") => {
                let pair = Ed25519KeyPair::from_seed_and_public_key(&self.bytes("d")?, &self.bytes("x")?).ok()?;
                Some(EncodingKey::from_ed_der(pair.to_pkcs8().ok()?.as_ref()))
            }
            ("RSA", _) => Some(EncodingKey::from_rsa_der(&rsa::der(|name| self.bytes(name))?)),
            _ => None,
        }
    }
}

fn failed(message: &str) -> Failure {
    Failure::new(Exit::Refused, message)
}

fn es256() -> Result<Value, aws_lc_rs::error::Unspecified> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let private = pair.private_key().as_be_bytes()?;
    // An uncompressed point: a prefix and two coordinates of the same length.
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let encoded = |bytes: &[u8]| BASE64URL.encode(bytes);
    Ok(json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "x": encoded(x), "y": encoded(y), "d": encoded(private.as_ref()),
    }))
}

fn ed25519() -> Result<Value, aws_lc_rs::error::Unspecified> {
    let pair = Ed25519KeyPair::generate()?;
    let seed = pair.seed()?;
    let (x, d) = (BASE64URL.encode(pair.public_key()), BASE64URL.encode(seed.as_be_bytes()?.as_ref()));
    Ok(json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x, "d": d }))
}

fn hs256() -> Result<Value, aws_lc_rs::error::Unspecified> {
    let mut secret = [0; 32];
    rand::fill(&mut secret)?;
    Ok(json!({ "kty": "oct", "alg": "HS256", "k": BASE64URL.encode(secret) }))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, jwk::Jwk as PublicJwk};

    use super::*;

    fn claims() -> Value {
        json!({ "sub": "ada", "exp": 4_102_444_800_u64 })
    }

    #[test]
    fn tokens_of_every_algorithm_verify_with_the_public_key() {
        for algorithm in Algorithm::value_variants() {
            let key = Jwk::generate(*algorithm, "key-1".to_owned()).unwrap().signing();
            let token = key.sign(&claims()).unwrap();
            let header = jsonwebtoken::decode_header(token.expose()).unwrap();
            assert_eq!(header.kid.as_deref(), Some("key-1"), "{algorithm:?}");
            let decoding = match key.public() {
                Some(public) => {
                    let secret = SECRET_MEMBERS.iter().find(|name| public.get(name).is_some());
                    assert!(secret.is_none(), "{algorithm:?}: {secret:?}");
                    let public: PublicJwk = gotrue::serde_json::from_value(public).unwrap();
                    DecodingKey::from_jwk(&public).unwrap()
                }
                None => DecodingKey::from_secret(&key.bytes("k").unwrap()),
            };
            let decoded = jsonwebtoken::decode::<Value>(token.expose(), &decoding, &Validation::new(header.alg));
            assert_eq!(decoded.unwrap().claims["sub"], "ada", "{algorithm:?}");
        }
    }

    #[test]
    fn a_key_without_its_private_part_does_not_sign() {
        for algorithm in [Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa] {
            let public = Jwk::generate(algorithm, "key-1".to_owned()).unwrap().public().unwrap();
            let key: Jwk = gotrue::serde_json::from_value(public).unwrap();
            assert!(key.sign(&claims()).unwrap_err().message.contains("cannot be used"), "{algorithm:?}");
        }
    }
}
