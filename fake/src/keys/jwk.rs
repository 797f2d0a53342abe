//! Signing keys as private JSON Web Keys (RFC 7517).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use der::{Encode, Sequence, asn1::UintRef};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto::aws_lc::DEFAULT_PROVIDER};
use serde_json::{Value, json};

use crate::{
    keys::{Key, pair::Pair},
    model::types::Jwk,
};

/// A P-256 private key in PKCS#8, up to its 32 bytes.
const P256_PREFIX: &[u8; 35] =
    b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\
    \x3d\x03\x01\x07\x04\x27\x30\x25\x02\x01\x01\x04\x20";

/// An Ed25519 private key in PKCS#8, up to its 32 bytes.
const ED25519_PREFIX: &[u8; 16] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// The length of a number of P-521, in bytes.
const P521_LENGTH: usize = 66;

/// The members that are not published.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

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

/// Returns the key pair of a P-256 private key.
pub(crate) fn p256(private: &[u8; 32], id: &str) -> Option<Value> {
    let public = DEFAULT_PROVIDER.key_utils.ec_pub_components_from_private_key;
    let (_, x, y) = public(&[&P256_PREFIX[..], private].concat(), Algorithm::ES256).ok()?;
    let [x, y, d] = [x, y, private.to_vec()].map(|part| URL_SAFE_NO_PAD.encode(part));
    let operations = ["sign", "verify"];
    Some(
        json!({ "kty": "EC", "kid": id, "alg": "ES256", "crv": "P-256", "x": x, "y": y, "d": d, "key_ops": operations }),
    )
}

/// Returns a shared secret for HS256. Its id may be empty.
pub(crate) fn secret(secret: &str, id: &str) -> Value {
    json!({ "kty": "oct", "kid": id, "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(secret), "key_ops": ["sign", "verify"] })
}

/// Reads a private key.
pub(crate) fn key(jwk: &Value) -> Result<Key, String> {
    let text = |name: &str| jwk[name].as_str().unwrap_or_default();
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)).ok().filter(|bytes| !bytes.is_empty());
    let malformed = |_| "a key is malformed".to_owned();
    let missing = |name: &str| format!("a key has no valid member {name:?}");
    let common = |algorithm, private, public| Pair::Common { algorithm, private, public };
    let pair = match (text("kty"), text("crv"), text("alg")) {
        ("oct", _, "HS256" | "") => Pair::shared(&bytes("k").ok_or_else(|| missing("k"))?),
        ("EC", "P-256", "ES256") => {
            let d = bytes("d").filter(|d| d.len() == 32).ok_or_else(|| missing("d"))?;
            let public = DecodingKey::from_ec_components(text("x"), text("y")).map_err(malformed)?;
            common(Algorithm::ES256, EncodingKey::from_ec_der(&[&P256_PREFIX[..], &d].concat()), public)
        }
        ("EC", "P-521", "ES512") => {
            let member = |name| bytes(name).filter(|bytes| bytes.len() == P521_LENGTH).ok_or_else(|| missing(name));
            let pair = Pair::p521(&member("d")?, &member("x")?, &member("y")?);
            pair.ok_or_else(|| "a key is malformed".to_owned())?
        }
        ("OKP", "Ed25519", "EdDSA") => {
            let d = bytes("d").filter(|d| d.len() == 32).ok_or_else(|| missing("d"))?;
            let public = DecodingKey::from_ed_components(text("x")).map_err(malformed)?;
            common(Algorithm::EdDSA, EncodingKey::from_ed_der(&[&ED25519_PREFIX[..], &d].concat()), public)
        }
        ("RSA", _, alg @ ("RS256" | "RS512")) => {
            let der = rsa_der(bytes).ok_or_else(|| missing("d"))?;
            let public = DecodingKey::from_rsa_components(text("n"), text("e")).map_err(malformed)?;
            let algorithm = if alg == "RS256" { Algorithm::RS256 } else { Algorithm::RS512 };
            common(algorithm, EncodingKey::from_rsa_der(&der), public)
        }
        (kty, _, alg) => return Err(format!("unsupported key: kty {kty:?}, alg {alg:?}")),
    };
    let id = Some(text("kid").to_owned()).filter(|id| !id.is_empty());
    Ok(Key { id, signs: signs(jwk), pair, published: published(jwk) })
}

/// Returns whether a key is the one that signs.
fn signs(jwk: &Value) -> bool {
    jwk["key_ops"].as_array().is_some_and(|operations| operations.iter().any(|it| it == "sign"))
}

/// Returns the public part. A shared secret has none.
fn published(jwk: &Value) -> Option<Jwk> {
    let mut public = jwk.as_object().filter(|_| jwk["kty"] != "oct")?.clone();
    public.retain(|name, _| !PRIVATE.contains(&name.as_str()));
    public.insert("use".to_owned(), json!("sig"));
    public.insert("key_ops".to_owned(), json!(["verify"]));
    serde_json::from_value(public.into()).ok()
}

/// Returns the PKCS #1 form of an RSA key, or `None` if a member is missing.
fn rsa_der(member: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let members: Vec<Vec<u8>> =
        ["n", "e", "d", "p", "q", "dp", "dq", "qi"].into_iter().map(member).collect::<Option<_>>()?;
    let numbers: Vec<UintRef<'_>> = members.iter().map(|bytes| UintRef::new(bytes)).collect::<Result<_, _>>().ok()?;
    let [modulus, public_exponent, private_exponent, prime1, prime2, exponent1, exponent2, coefficient] =
        numbers.try_into().ok()?;
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
