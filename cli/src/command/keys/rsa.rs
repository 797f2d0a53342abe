//! RSA keys between their two forms: JSON Web Key (RFC 7518, section 6.3) and PKCS #1 (RFC 8017, appendix A.1.2).

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    error::Unspecified,
    rsa::KeySize,
    signature::RsaKeyPair,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use der::{Decode, Encode, Sequence, asn1::UintRef};
use gotrue::serde_json::{Value, json};
use pkcs8::PrivateKeyInfoRef;

/// `RSAPrivateKey` of RFC 8017, with two primes.
#[derive(Sequence)]
struct RsaPrivateKey<'a> {
    version: u8,
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
    private_exponent: UintRef<'a>,
    prime1: UintRef<'a>,
    prime2: UintRef<'a>,
    exponent1: UintRef<'a>,
    exponent2: UintRef<'a>,
    coefficient: UintRef<'a>,
}

/// Generates a key of 2048 bits.
pub fn generate() -> Result<Value, Unspecified> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der()?;
    let info = PrivateKeyInfoRef::try_from(pkcs8.as_ref()).map_err(|_| Unspecified)?;
    let key = RsaPrivateKey::from_der(info.private_key.as_bytes()).map_err(|_| Unspecified)?;
    let encoded = |number: UintRef<'_>| BASE64URL.encode(number.as_bytes());
    Ok(json!({
        "kty": "RSA",
        "alg": "RS256",
        "n": encoded(key.modulus),
        "e": encoded(key.public_exponent),
        "d": encoded(key.private_exponent),
        "p": encoded(key.prime1),
        "q": encoded(key.prime2),
        "dp": encoded(key.exponent1),
        "dq": encoded(key.exponent2),
        "qi": encoded(key.coefficient),
    }))
}

/// Returns the PKCS #1 form of a key, or nothing if a member is missing. `member` returns the bytes of a member.
pub fn der(member: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let members: Option<Vec<_>> = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].into_iter().map(member).collect();
    let members = members?;
    let numbers: Result<Vec<_>, _> = members.iter().map(|bytes| UintRef::new(bytes)).collect();
    let [modulus, public_exponent, private_exponent, prime1, prime2, exponent1, exponent2, coefficient] =
        numbers.ok()?.try_into().ok()?;
    let key = RsaPrivateKey {
        version: 0,
        modulus,
        public_exponent,
        private_exponent,
        prime1,
        prime2,
        exponent1,
        exponent2,
        coefficient,
    };
    key.to_der().ok()
}
