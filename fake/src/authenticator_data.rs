//! What an authenticator says of itself and of a new credential, in the binary forms of WebAuthn.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use coset::{
    AsCborValue, CoseKey,
    cbor::{Value, de::from_reader},
    iana,
};
use uuid::Uuid;

/// The bits of the flags, by their names in the specification.
const USER_PRESENT: u8 = 1;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;

pub(super) struct AuthenticatorData {
    pub(super) rp_id_hash: [u8; 32],
    pub(super) flags: u8,
    pub(super) attested: Option<AttestedCredential>,
}

/// A credential that was made.
pub(super) struct AttestedCredential {
    pub(super) aaguid: Uuid,
    pub(super) id: Vec<u8>,
    pub(super) key: CoseKey,
}

/// What comes of `navigator.credentials.create`.
pub(super) struct Attestation {
    pub(super) format: String,
    pub(super) has_statement: bool,
    pub(super) data: AuthenticatorData,
}

impl AuthenticatorData {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>()?;
        let (&[flags], rest) = rest.split_first_chunk::<1>()?;
        // Behind the flags there are four bytes of a counter.
        let (_, mut rest) = rest.split_at_checked(4)?;
        let attested = if flags & ATTESTED == 0 { None } else { Some(AttestedCredential::read(&mut rest)?) };
        if flags & EXTENDED != 0 {
            from_reader::<Value, _>(&mut rest).ok()?;
        }
        rest.is_empty().then_some(Self { rp_id_hash: *rp_id_hash, flags, attested })
    }

    /// Whether somebody was there, and the flags agree with each other.
    pub(super) fn is_plausible(&self) -> bool {
        self.flags & USER_PRESENT != 0 && (self.is_backup_eligible() || self.flags & BACKED_UP == 0)
    }

    pub(super) fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }
}

impl AttestedCredential {
    /// Takes the credential off the front.
    fn read(rest: &mut &[u8]) -> Option<Self> {
        let (aaguid, after) = rest.split_first_chunk::<16>()?;
        let (length, after) = after.split_first_chunk::<2>()?;
        let (id, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
        *rest = after;
        let key = CoseKey::from_cbor_value(from_reader(rest).ok()?).ok()?;
        Some(Self { aaguid: Uuid::from_bytes(*aaguid), id: id.to_vec(), key })
    }

    /// The key, if it is one of P-256 for ES256.
    pub(super) fn es256_key(&self) -> Option<ParsedPublicKey> {
        let curve = coset::Label::Int(iana::EnumI64::to_i64(&iana::Ec2KeyParameter::Crv));
        let p256 = Value::from(iana::EnumI64::to_i64(&iana::EllipticCurve::P_256));
        let is_p256 = self.key.params.iter().any(|(label, value)| *label == curve && *value == p256);
        let is_es256 = self.key.alg == Some(coset::Algorithm::Assigned(iana::Algorithm::ES256));
        let point = self.key.to_sec1_octet_string().ok().filter(|_| is_p256 && is_es256)?;
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).ok()
    }
}

impl Attestation {
    pub(super) fn parse(mut bytes: &[u8]) -> Option<Self> {
        let object = from_reader::<Value, _>(&mut bytes).ok()?.into_map().ok()?;
        let part = |name: &str| object.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
        let format = part("fmt")?.as_text()?.to_owned();
        let has_statement = !part("attStmt")?.as_map()?.is_empty();
        let data = AuthenticatorData::parse(part("authData")?.as_bytes()?)?;
        bytes.is_empty().then_some(Self { format, has_statement, data })
    }
}
