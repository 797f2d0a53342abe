//! The binary formats of WebAuthn: authenticator data and attestations.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use coset::{
    AsCborValue, CoseKey,
    cbor::{Value, de::from_reader},
    iana,
};
use uuid::Uuid;

/// The bits of the flags, named as in the specification.
const USER_PRESENT: u8 = 1;

const BACKUP_ELIGIBLE: u8 = 1 << 3;

const BACKED_UP: u8 = 1 << 4;

const ATTESTED: u8 = 1 << 6;

const EXTENDED: u8 = 1 << 7;

pub(crate) struct AuthenticatorData {
    pub(crate) rp_id_hash: [u8; 32],
    pub(crate) flags: u8,
    pub(crate) attested: Option<AttestedCredential>,
}

/// A new credential.
pub(crate) struct AttestedCredential {
    pub(crate) aaguid: Uuid,
    pub(crate) id: Vec<u8>,
    pub(crate) key: CoseKey,
}

/// The result of `navigator.credentials.create`.
pub(crate) struct Attestation {
    pub(crate) format: String,
    pub(crate) has_statement: bool,
    pub(crate) data: AuthenticatorData,
}

impl AuthenticatorData {
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>()?;
        let (&[flags], rest) = rest.split_first_chunk::<1>()?;
        // The flags are followed by a counter of four bytes.
        let (_, mut rest) = rest.split_at_checked(4)?;
        let attested = if flags & ATTESTED == 0 { None } else { Some(AttestedCredential::read(&mut rest)?) };
        if flags & EXTENDED != 0 {
            from_reader::<Value, _>(&mut rest).ok()?;
        }
        rest.is_empty().then_some(Self { rp_id_hash: *rp_id_hash, flags, attested })
    }

    /// Returns whether a user was present, and the flags are consistent.
    pub(crate) fn is_plausible(&self) -> bool {
        self.flags & USER_PRESENT != 0 && (self.is_backup_eligible() || self.flags & BACKED_UP == 0)
    }

    pub(crate) fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }
}

impl AttestedCredential {
    /// Reads the credential and advances the slice.
    fn read(rest: &mut &[u8]) -> Option<Self> {
        let (aaguid, after) = rest.split_first_chunk::<16>()?;
        let (length, after) = after.split_first_chunk::<2>()?;
        let (id, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
        *rest = after;
        let key = CoseKey::from_cbor_value(from_reader(rest).ok()?).ok()?;
        Some(Self { aaguid: Uuid::from_bytes(*aaguid), id: id.to_vec(), key })
    }

    /// Returns the key, if it is a P-256 key for ES256.
    pub(crate) fn es256_key(&self) -> Option<ParsedPublicKey> {
        let curve = coset::Label::Int(iana::EnumI64::to_i64(&iana::Ec2KeyParameter::Crv));
        let p256 = Value::from(iana::EnumI64::to_i64(&iana::EllipticCurve::P_256));
        let is_p256 = self.key.params.iter().any(|(label, value)| *label == curve && *value == p256);
        let is_es256 = self.key.alg == Some(coset::Algorithm::Assigned(iana::Algorithm::ES256));
        let point = self.key.to_sec1_octet_string().ok().filter(|_| is_p256 && is_es256)?;
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).ok()
    }
}

impl Attestation {
    pub(crate) fn parse(mut bytes: &[u8]) -> Option<Self> {
        let object = from_reader::<Value, _>(&mut bytes).ok()?.into_map().ok()?;
        let part = |name: &str| object.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
        let format = part("fmt")?.as_text()?.to_owned();
        let has_statement = !part("attStmt")?.as_map()?.is_empty();
        let data = AuthenticatorData::parse(part("authData")?.as_bytes()?)?;
        bytes.is_empty().then_some(Self { format, has_statement, data })
    }
}
