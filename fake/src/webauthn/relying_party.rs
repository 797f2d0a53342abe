//! The relying party of WebAuthn: options for authenticators, and verification of their responses.
//!
//! Only ES256 keys and attestations of format `none` are supported, which is what the options ask for. A sign counter
//! that goes backwards is accepted: the real server logs it and accepts the credential.

use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    model::{
        AuthenticatorTransport,
        types::{
            AuthenticatorResponse, PublicKeyCredential, PublicKeyCredentialCreationOptions,
            PublicKeyCredentialDescriptor, PublicKeyCredentialParameters, PublicKeyCredentialRequestOptions,
            PublicKeyCredentialRp, PublicKeyCredentialUser,
        },
    },
    webauthn::authenticator_data::{Attestation, AuthenticatorData},
};

/// The COSE identifier of ES256.
pub(crate) const ES256: i64 = -7;

/// The timeout for an authenticator, in milliseconds.
const TIMEOUT: i64 = 300_000;

const CREDENTIAL_TYPE: &str = "public-key";

/// The server accepts base64url with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The site that credentials belong to.
#[derive(Clone, Debug)]
pub(crate) struct RelyingParty {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The origins of its pages.
    pub(crate) origins: Vec<String>,
}

/// Why a credential is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is malformed.
    Form,
    /// It is well-formed, but verification fails.
    Proof,
}

/// The data of a credential that the server stores.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credential {
    pub(crate) id: Vec<u8>,
    pub(crate) aaguid: Uuid,
    #[serde(with = "public_key")]
    key: ParsedPublicKey,
    is_backup_eligible: bool,
    transports: Option<Vec<AuthenticatorTransport>>,
}

/// A public key as its bytes.
mod public_key {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(key: &ParsedPublicKey, serializer: S) -> Result<S::Ok, S::Error> {
        key.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ParsedPublicKey, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bytes).map_err(|_| D::Error::custom("a public key is malformed"))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("aaguid", &self.aaguid).finish_non_exhaustive()
    }
}

/// An assertion that is parsed but not yet verified.
pub(crate) struct Assertion {
    pub(crate) credential_id: Vec<u8>,
    /// The user id that the authenticator stores with the credential.
    pub(crate) user_handle: Option<Uuid>,
    pub(crate) data: AuthenticatorData,
    client_data: ClientData,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

/// The client data that the browser collects.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    type_: String,
    challenge: String,
    origin: String,
}

impl RelyingParty {
    /// Returns whether it has what credentials need.
    pub(crate) fn is_named(&self) -> bool {
        !self.id.is_empty() && !self.name.is_empty()
    }

    /// Returns the options to create a credential.
    pub(crate) fn creation_options(
        &self,
        challenge: String,
        user_id: Uuid,
        name: String,
        display_name: String,
    ) -> PublicKeyCredentialCreationOptions {
        PublicKeyCredentialCreationOptions {
            rp: PublicKeyCredentialRp { id: Some(self.id.clone()), name: self.name.clone(), icon: None },
            user: PublicKeyCredentialUser {
                id: URL_SAFE_NO_PAD.encode(user_id.to_string()),
                name,
                display_name,
                icon: None,
            },
            challenge,
            pub_key_cred_params: Some(vec![PublicKeyCredentialParameters {
                type_: CREDENTIAL_TYPE.to_owned(),
                alg: ES256,
            }]),
            timeout: Some(TIMEOUT),
            attestation: None,
            attestation_formats: None,
            authenticator_selection: None,
            exclude_credentials: None,
            extensions: None,
            hints: None,
            extra: serde_json::Map::new(),
        }
    }

    /// Returns the options to use a credential.
    pub(crate) fn request_options(&self, challenge: String) -> PublicKeyCredentialRequestOptions {
        PublicKeyCredentialRequestOptions {
            rp_id: self.id.clone(),
            challenge,
            timeout: Some(TIMEOUT),
            allow_credentials: None,
            user_verification: None,
            extensions: None,
            hints: None,
            extra: serde_json::Map::new(),
        }
    }

    /// Verifies a credential that was created for a challenge.
    pub(crate) fn check_new(&self, challenge: &str, credential: Value) -> Result<Credential, Flaw> {
        let credential = read(credential)?;
        let AuthenticatorResponse::Attestation(response) = credential.response else { return Err(Flaw::Form) };
        let (client_data, _) = ClientData::read(&response.client_data_json)?;
        let attestation = Attestation::parse(&decode(&response.attestation_object)?).ok_or(Flaw::Form)?;
        let made = attestation.data.attested.as_ref().ok_or(Flaw::Form)?;
        self.check(&client_data, "webauthn.create", challenge, &attestation.data)?;
        if attestation.format != "none" || attestation.has_statement {
            return Err(Flaw::Proof);
        }
        Ok(Credential {
            id: made.id.clone(),
            aaguid: made.aaguid,
            key: made.es256_key().ok_or(Flaw::Proof)?,
            is_backup_eligible: attestation.data.is_backup_eligible(),
            transports: response.transports,
        })
    }

    /// Verifies that a credential was used for a challenge.
    pub(crate) fn check_used(
        &self,
        challenge: &str,
        assertion: &Assertion,
        credential: &Credential,
    ) -> Result<(), Flaw> {
        self.check(&assertion.client_data, "webauthn.get", challenge, &assertion.data)?;
        if assertion.data.is_backup_eligible() != credential.is_backup_eligible {
            return Err(Flaw::Proof);
        }
        credential.key.verify_sig(&assertion.signed, &assertion.signature).map_err(|_| Flaw::Proof)
    }

    /// Checks what a new credential and an assertion have in common.
    fn check(
        &self,
        client_data: &ClientData,
        ceremony: &str,
        challenge: &str,
        data: &AuthenticatorData,
    ) -> Result<(), Flaw> {
        let passes = client_data.type_ == ceremony
            && client_data.challenge.trim_end_matches('=') == challenge
            && self.origins.iter().any(|origin| client_data.origin.eq_ignore_ascii_case(origin))
            && data.rp_id_hash == <[u8; 32]>::from(Sha256::digest(&self.id))
            && data.is_plausible();
        if passes { Ok(()) } else { Err(Flaw::Proof) }
    }
}

impl Credential {
    /// Returns the credential as it appears in options.
    pub(crate) fn descriptor(&self) -> PublicKeyCredentialDescriptor {
        PublicKeyCredentialDescriptor {
            type_: CREDENTIAL_TYPE.to_owned(),
            id: URL_SAFE_NO_PAD.encode(&self.id),
            transports: self.transports.clone(),
        }
    }
}

impl Assertion {
    pub(crate) fn read(credential: Value) -> Result<Self, Flaw> {
        let credential = read(credential)?;
        let AuthenticatorResponse::Assertion(response) = credential.response else { return Err(Flaw::Form) };
        let (client_data, client_data_hash) = ClientData::read(&response.client_data_json)?;
        let mut signed = decode(&response.authenticator_data)?;
        let data = AuthenticatorData::parse(&signed).ok_or(Flaw::Form)?;
        signed.extend(client_data_hash);
        let user_handle = response.user_handle.map(|handle| decode(&handle)).transpose()?;
        Ok(Self {
            credential_id: decode(&credential.raw_id)?,
            user_handle: user_handle.and_then(|handle| Uuid::try_parse_ascii(&handle).ok()),
            data,
            client_data,
            signed,
            signature: decode(response.signature.expose())?,
        })
    }
}

impl ClientData {
    /// Returns the data and their hash, which the authenticator signs.
    fn read(base64: &str) -> Result<(Self, [u8; 32]), Flaw> {
        let bytes = decode(base64)?;
        let data = serde_json::from_slice(&bytes).map_err(|_| Flaw::Form)?;
        Ok((data, Sha256::digest(&bytes).into()))
    }
}

fn read(credential: Value) -> Result<PublicKeyCredential, Flaw> {
    let credential: PublicKeyCredential = serde_json::from_value(credential).map_err(|_| Flaw::Form)?;
    let is_whole = credential.type_ == CREDENTIAL_TYPE && !credential.id.is_empty() && decode(&credential.id).is_ok();
    if is_whole { Ok(credential) } else { Err(Flaw::Form) }
}

pub(crate) fn decode(base64: &str) -> Result<Vec<u8>, Flaw> {
    BASE64.decode(base64).map_err(|_| Flaw::Form)
}
