//! The contents of a JWT that is not verified, to describe it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use gotrue::{
    chrono::{DateTime, Utc},
    serde_json::{self, Map, Value},
};

/// The header and the claims of a JWT with any algorithm.
#[derive(Debug)]
pub struct UnverifiedJwt {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
}

impl UnverifiedJwt {
    /// Reads a token. Returns nothing for a text that is not a JWT.
    pub fn read(token: &str) -> Option<Self> {
        let [header, claims, _] = token.split('.').collect::<Vec<_>>()[..] else { return None };
        let object = |part: &str| serde_json::from_slice(&BASE64URL.decode(part).ok()?).ok();
        Some(Self { header: object(header)?, claims: object(claims)? })
    }

    /// Returns when the token expires, if it has a valid `exp`.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        timestamp(self.claims.get("exp"))
    }
}

/// Returns the time of a claim: seconds since the Unix epoch, which may have a fraction (RFC 7519, 2).
pub fn timestamp(value: Option<&Value>) -> Option<DateTime<Utc>> {
    let value = value?;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and such a time is out of range")]
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
    DateTime::from_timestamp(seconds?, 0)
}

#[cfg(test)]
mod tests {
    use gotrue::serde_json::json;

    use super::*;

    fn token(header: &Value, claims: &Value) -> String {
        [header, claims].map(|part| BASE64URL.encode(part.to_string())).join(".") + ".AAAA"
    }

    #[test]
    fn every_algorithm_is_read() {
        for algorithm in ["HS256", "RS512", "ES256", "ES512", "EdDSA", "none", "unheard-of"] {
            let token = token(&json!({ "alg": algorithm }), &json!({ "sub": "x", "exp": 5 }));
            let jwt = UnverifiedJwt::read(&token).unwrap();
            assert_eq!((&jwt.header["alg"], &jwt.claims["sub"]), (&json!(algorithm), &json!("x")));
            assert_eq!(jwt.expires_at(), DateTime::from_timestamp(5, 0));
        }
        for text in ["", "a.b", "a.b.c", "e30.W10.", "sb_secret_x", "e30.e30.AAAA.AAAA"] {
            assert!(UnverifiedJwt::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn times_may_have_a_fraction() {
        for (value, seconds) in
            [(json!(5), Some(5)), (json!(5.9), Some(5)), (json!(-1.5), Some(-2)), (json!(5.0), Some(5))]
        {
            assert_eq!(timestamp(Some(&value)).map(|time| time.timestamp()), seconds, "{value}");
        }
        for value in [json!("5"), json!(null), json!(1e300), json!(i64::MIN)] {
            assert_eq!(timestamp(Some(&value)), None, "{value}");
        }
    }
}
