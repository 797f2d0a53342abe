//! Keys for tests, and the tokens that they sign.

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

/// The user of all tokens.
pub const SUB: &str = "4c7ff6f3-c42b-4426-a6b0-bd65e88e3896";

pub const SECRET: &str = "a-shared-secret-of-more-than-32-characters";

/// A key of a server.
pub struct Signer {
    pub id: &'static str,
    pub algorithm: Algorithm,
    private: EncodingKey,
}

impl Signer {
    pub fn ec(id: &'static str) -> Self {
        Self::new(id, Algorithm::ES256, EncodingKey::from_ec_der(&STANDARD.decode(EC[0]).unwrap()))
    }

    /// A second key, different from [`ec`](Self::ec).
    pub fn other_ec(id: &'static str) -> Self {
        Self::new(id, Algorithm::ES256, EncodingKey::from_ec_der(&STANDARD.decode(EC[1]).unwrap()))
    }

    pub fn rsa(id: &'static str) -> Self {
        Self::new(id, Algorithm::RS256, EncodingKey::from_rsa_der(&STANDARD.decode(RSA).unwrap()))
    }

    pub fn ed(id: &'static str) -> Self {
        Self::new(id, Algorithm::EdDSA, EncodingKey::from_ed_der(&STANDARD.decode(ED).unwrap()))
    }

    pub fn shared(secret: &[u8]) -> Self {
        Self::new("", Algorithm::HS256, EncodingKey::from_secret(secret))
    }

    fn new(id: &'static str, algorithm: Algorithm, private: EncodingKey) -> Self {
        Self { id, algorithm, private }
    }

    /// The public key as a server publishes it.
    pub fn published(&self) -> Value {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&self.private, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk["key_ops"] = json!(["verify"]);
        jwk
    }

    pub fn header(&self) -> Value {
        let mut header = json!({ "alg": format!("{:?}", self.algorithm), "typ": "JWT" });
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
        let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = crypto::sign(message.as_bytes(), &self.private, self.algorithm).unwrap();
        format!("{message}.{signature}").into()
    }
}

pub fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The claims of a token that is valid for an hour from the start of 2026, where a `ManualClock` starts.
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

/// The same with other values; null removes a claim.
pub fn claims_with(changes: &Value) -> Value {
    let mut claims = claims();
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        all.insert(name.clone(), value.clone());
    }
    all.retain(|_, value| !value.is_null());
    claims
}
