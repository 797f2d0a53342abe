//! The server's side of WebAuthn: the options that an authenticator gets, and the check of what it answers.
//!
//! Keys are those of ES256, and attestations have the format `none`, which is what the options ask for. A sign counter
//! that goes back is let pass: the real server takes note of it and refuses nothing.

use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::authenticator_data::{Attestation, AuthenticatorData};
use crate::model::{
    AuthenticatorTransport,
    types::{
        AuthenticatorResponse, PublicKeyCredential, PublicKeyCredentialCreationOptions, PublicKeyCredentialDescriptor,
        PublicKeyCredentialParameters, PublicKeyCredentialRequestOptions, PublicKeyCredentialRp,
        PublicKeyCredentialUser,
    },
};

/// ES256, as COSE numbers it.
const ES256: i64 = -7;

/// How long an authenticator has, in milliseconds.
const TIMEOUT: i64 = 300_000;

const CREDENTIAL_TYPE: &str = "public-key";

/// The server takes both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The site that credentials are for.
#[derive(Clone, Debug)]
pub(super) struct RelyingParty {
    pub(super) id: String,
    pub(super) origin: String,
}

/// Why a credential is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It is not of the form of a credential.
    Form,
    /// It is one, and does not pass.
    Proof,
}

/// What is kept of a credential.
#[derive(Clone)]
pub(super) struct Credential {
    pub(super) id: Vec<u8>,
    pub(super) aaguid: Uuid,
    key: ParsedPublicKey,
    is_backup_eligible: bool,
    transports: Option<Vec<AuthenticatorTransport>>,
}

/// A credential that was used, read and not checked yet.
pub(super) struct Assertion {
    pub(super) credential_id: Vec<u8>,
    /// Whose it is, as the authenticator has it.
    pub(super) user_handle: Option<Uuid>,
    pub(super) data: AuthenticatorData,
    client_data: ClientData,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

/// What the browser has put together.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    type_: String,
    challenge: String,
    origin: String,
}

impl RelyingParty {
    /// Options to make a credential.
    pub(super) fn creation_options(
        &self,
        challenge: String,
        user_id: Uuid,
        name: String,
        display_name: String,
    ) -> PublicKeyCredentialCreationOptions {
        PublicKeyCredentialCreationOptions {
            rp: PublicKeyCredentialRp { id: Some(self.id.clone()), name: "Test".to_owned(), icon: None },
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

    /// Options to use a credential.
    pub(super) fn request_options(&self, challenge: String) -> PublicKeyCredentialRequestOptions {
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

    /// Checks a credential that was made for a challenge.
    pub(super) fn check_new(&self, challenge: &str, credential: Value) -> Result<Credential, Flaw> {
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

    /// Checks that a credential was used for a challenge.
    pub(super) fn check_used(
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

    /// What is the same for a credential that was made and one that was used.
    fn check(
        &self,
        client_data: &ClientData,
        ceremony: &str,
        challenge: &str,
        data: &AuthenticatorData,
    ) -> Result<(), Flaw> {
        let passes = client_data.type_ == ceremony
            && client_data.challenge.trim_end_matches('=') == challenge
            && client_data.origin.eq_ignore_ascii_case(&self.origin)
            && data.rp_id_hash == <[u8; 32]>::from(Sha256::digest(&self.id))
            && data.is_plausible();
        if passes { Ok(()) } else { Err(Flaw::Proof) }
    }
}

impl Credential {
    /// The credential in options.
    pub(super) fn descriptor(&self) -> PublicKeyCredentialDescriptor {
        PublicKeyCredentialDescriptor {
            type_: CREDENTIAL_TYPE.to_owned(),
            id: URL_SAFE_NO_PAD.encode(&self.id),
            transports: self.transports.clone(),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("aaguid", &self.aaguid).finish_non_exhaustive()
    }
}

impl Assertion {
    pub(super) fn read(credential: Value) -> Result<Self, Flaw> {
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
    /// The data, and their hash, which is what is signed.
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

fn decode(base64: &str) -> Result<Vec<u8>, Flaw> {
    BASE64.decode(base64).map_err(|_| Flaw::Form)
}
