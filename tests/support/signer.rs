//! Keys for tests and tokens signed with them.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use gotrue::Secret;
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::{Value, json};

/// P-256, PKCS#8.
const EC: [&str; 2] = [
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2TnZDONLUS4Kmw3O7yr7Mn/FCyy8xVVqc5G9mKclXcChRANCAAREQzji\
     mqphoS1yUjPDdNMk3OB+4cXl21h5SJj72rsKjkz62SBQWYsqXq/9BljCEqy4rl8ldeEx9dGJKU3GFT3+",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEPZo4VNPhGCCrLZOopDIDJdwymGLc8CXDLWQ9G7lprChRANCAASP4hrW\
     LEY3odpEJpoOPTTGWIHmBJRrdb+uahlcHNEt9QZulY/QRAFPXDpba+X3FD0rm1lnEC/ZLtJ7aVcH0lI9",
];

/// RSA of 2048 bits, PKCS#1.
const RSA: &str = "MIIEpAIBAAKCAQEAmJTxatG6s4yxNL+89GEgfgY2yVQ26A++XVgPO/2gUYimCmQsGhc7lNrE5t/pKv/SJKsHX7iRlBIxYsb19fYg4cf7\
    4KTUhkxPfQZ5IoqzGm7IwxIJEquBfSYQs6HBo8eiglIipJI5UOFHrJY2e+ECMyF9a/tmbn19mBoST4Lx3ZibX/h/KscCuQBOlVDBiZYI\
    wXB0Wz3KRTrwfn0BGDzZbLrRLVz2meYaPmqoeOXIM2bmyn5qMXCh9rIPoQACoSVfppFhkL2L73yWxE0j9WENfMDEkXx37U34q3UhrmXZ\
    Hs6CaH4DYtQu3oMYpJrjfQPz77Er/FvUQ9lEAp7+Q9e6vwIDAQABAoIBAEM1H92AQe+CYi+s4Qr3mTtJe2pUyNaQ0LYG6rbu8WXYfeKH\
    2xEm+JyJfD+Bkw/YnPR/zQCxqJYDKXOr1X0gi71HvD9n+yCojj6w0jyPwXI8J/wcfpiVqLS6RpMJBeUhMwiaKx44NjzU7iAsDhWkt7ZT\
    4w3kL2stpVuQ6E3TjLuhJTWJAcHH9b6mLAFn32eEaiH/T6A0C3T327lmxlYSZCzE3Hsg26GktRAYlSNZfuTCWps6ic09rCXKBmaMhHzc\
    v88TAF3VhH97Nj/eR5Nw5EGqMDp9IjuhjUshdJgkwHT/rA2FeXE51awgb/0CoiyGpmfo4IU5HOYE9Ud9BbElwNkCgYEA0P4/VpKIdlPn\
    3sewqCiA8/nXbcEdyUAwmjzWuAoQ8axtv43Z0sFALZWYzex9Qa5MZkbmXFQX2kCAjqZr+eM7vrpwqIvmOUvfzcE8T03S0nY0zC0NGvwO\
    t2fegwairIb/RmU/SN9jMgKH90C+mgthpClCnVLyKaOFHmDjoxwqgLMCgYEAuuaM1RoYixO2UkaSX20XcXeREMBry42HaKERTQwkoZD9\
    Ey8apcDBCY3RrJyK/ECuxqpotxKtIa0TRS8WgzNDoGjaSYCE08viwhXMt/EK7gkI6EFE54CK1LXiezQeA+qhB8SfIHl2TPv+kf7Ij++u\
    Haoc7hVVdqp+NN0MiNV5C8UCgYAMPtl3OR7F0CTF6O1w7O6hXQJCbA5SvHAcmXP7VJupjXDgyG766lfYU+ugJTsxngTb+UuGHWdIYn8l\
    3Jp3Cdl2U3ZGaewTb16tr6TZALZZnpN5YyphamNyW6OuCbV+ZmqOtV//5Rbq1zsgQarpW8Fc3Q4KKdIGno4uOX8dD4luAQKBgQCSh7CA\
    Xo5Bc3nstWGKqSfJENnNzV513wb7c9PxmQSbGuYfBT4aF64ARIzPjIe2zyt3nCCu71iHX38NLaazxBxQBgSlvbnlpyKn0ZmH2NYd2z19\
    gbZ43aF6tQLUXv7tSSVoxrGPL0sdfi+O3Lb3igzzOuyliFpRx8dcwLVUDjFxlQKBgQCaNJUw9k83ruGek171T6xN9cLK9q7YBGlJ+ara\
    sJmjwB/LeuXtfi5miZsSixoy6ZCnMErPkK0Tp1R8DHqAgrnWUlpXfkYSkZz5R8JxQVk0HX+PG372AviKy7zYCRJNEhnW5wAZWiT7/ZlB\
    eRWNjZGH0fr20GN0k3bM9x+1dQuhhw==";

/// Ed25519, PKCS#8.
const ED: &str = "MC4CAQAwBQYDK2VwBCIEIHzxG3VnywA3Lx9B5iz3gX6vVBvrH+nLpqlnjI6uUFSn";

/// P-521, SEC 1.
const P521: &str = "MIHcAgEBBEIAXPB2T8sXcoYKysx0kAqeic1kY7leOpEusg3v/Eagem4HrmeqHckjBXWyl9HnvZwSkfZbyuVmRq/t4r4cssdiH8qgBwYF\
    K4EEACOhgYkDgYYABAHvGpqaTVflMPl80x7oe6LclqWS7og1jxXLmmZR3rxb+XpcIuZZwcIGy6rc2Mbns6K5B/V3nN/EEn/lU1u0VChf\
    AgCb94WVkibiuTfm+bfJ8mylY79L514uIw3wxQxjDb/pOu/lI3ujmI2rTS0rbsb2fPRgAnCTar5kzST1x0FX4fF0IQ==";

/// The user of all tokens.
pub const SUB: &str = "4c7ff6f3-c42b-4426-a6b0-bd65e88e3896";

pub const SECRET: &str = "a-shared-secret-of-more-than-32-characters";

/// A key with which a server signs tokens.
pub struct Signer {
    pub id: &'static str,
    algorithm: &'static str,
    private: PrivateKey,
}

enum PrivateKey {
    Common(Algorithm, EncodingKey),
    /// Not supported by jsonwebtoken.
    P521(EcdsaKeyPair),
}

impl Signer {
    pub fn ec(id: &'static str) -> Self {
        Self::new(id, "ES256", Algorithm::ES256, EncodingKey::from_ec_der(&der(EC[0])))
    }

    /// A second key, different from [`ec`](Self::ec).
    pub fn other_ec(id: &'static str) -> Self {
        Self::new(id, "ES256", Algorithm::ES256, EncodingKey::from_ec_der(&der(EC[1])))
    }

    pub fn p521(id: &'static str) -> Self {
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P521_SHA512_FIXED_SIGNING, &der(P521)).unwrap();
        Self { id, algorithm: "ES512", private: PrivateKey::P521(pair) }
    }

    pub fn rsa(id: &'static str) -> Self {
        Self::new(id, "RS256", Algorithm::RS256, EncodingKey::from_rsa_der(&der(RSA)))
    }

    /// The key of [`rsa`](Self::rsa) for another algorithm.
    pub fn rsa512(id: &'static str) -> Self {
        Self::new(id, "RS512", Algorithm::RS512, EncodingKey::from_rsa_der(&der(RSA)))
    }

    pub fn ed(id: &'static str) -> Self {
        Self::new(id, "EdDSA", Algorithm::EdDSA, EncodingKey::from_ed_der(&der(ED)))
    }

    pub fn shared(secret: &[u8]) -> Self {
        Self::new("", "HS256", Algorithm::HS256, EncodingKey::from_secret(secret))
    }

    fn new(id: &'static str, name: &'static str, algorithm: Algorithm, key: EncodingKey) -> Self {
        Self { id, algorithm: name, private: PrivateKey::Common(algorithm, key) }
    }

    /// The public key as a server publishes it.
    pub fn published(&self) -> Value {
        let mut jwk = match &self.private {
            PrivateKey::Common(algorithm, key) => {
                serde_json::to_value(Jwk::from_encoding_key(key, *algorithm).unwrap()).unwrap()
            }
            PrivateKey::P521(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(66);
                json!({ "kty": "EC", "crv": "P-521", "alg": "ES512", "x": encode(x), "y": encode(y) })
            }
        };
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk["key_ops"] = json!(["verify"]);
        jwk
    }

    pub fn header(&self) -> Value {
        let mut header = json!({ "alg": self.algorithm, "typ": "JWT" });
        if !self.id.is_empty() {
            header["kid"] = json!(self.id);
        }
        header
    }

    pub fn sign(&self, claims: &Value) -> Secret {
        self.sign_with(&self.header(), claims)
    }

    /// Signs a token with any header.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> Secret {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// Signs a token whose header and claims are this text.
    pub fn sign_text(&self, header: &str, claims: &str) -> Secret {
        let input = format!("{}.{}", encode(header), encode(claims));
        let signature = match &self.private {
            PrivateKey::Common(algorithm, key) => crypto::sign(input.as_bytes(), key, *algorithm).unwrap(),
            PrivateKey::P521(pair) => encode(pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap()),
        };
        format!("{input}.{signature}").into()
    }
}

fn der(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).unwrap()
}

pub fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The claims of a token that is valid for an hour from the start of a `ManualClock`.
pub fn claims() -> Value {
    json!({
        "sub": SUB,
        "aud": "authenticated",
        "exp": 1_767_229_200,
        "iat": 1_767_225_600,
        "email": "ada@example.com",
        "phone": "",
        "app_metadata": { "provider": "email", "providers": ["email"] },
        "user_metadata": { "favorite_language": "rust" },
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{ "method": "password", "timestamp": 1_767_225_600 }],
        "session_id": "e54277a4-f9af-4bfa-9326-e2f08acdb314",
        "is_anonymous": false,
    })
}

/// The same claims with other values; null removes a claim.
pub fn claims_with(changes: &Value) -> Value {
    let mut claims = claims();
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        all.insert(name.clone(), value.clone());
    }
    all.retain(|_, value| !value.is_null());
    claims
}
