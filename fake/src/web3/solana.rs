//! Signatures of Solana wallets: Ed25519, of the text itself or in the envelope that hardware wallets put around it.

use crate::wire::ApiError;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::NO_PAD},
};

use super::{
    message::{Chain, Message},
    wrong_signature,
};

/// The server does not look at bits that belong to no byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
const LENIENT: GeneralPurposeConfig = NO_PAD.with_decode_allow_trailing_bits(true);

/// Reads a message and checks who has signed it.
pub(super) fn check(text: &str, signature: &str) -> Result<Message, ApiError> {
    if signature.len() != 86 && signature.len() != 88 {
        let message = "signature must be 64 bytes encoded as base64 with or without padding";
        return Err(ApiError::validation_failed(message));
    }
    let signature = signature.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let signature = BASE64
        .decode(signature)
        .map_err(|_| ApiError::validation_failed("signature does not contain valid base64 characters"))?;
    let message = Chain::Solana.read(text)?;
    let key = bs58::decode(&message.address).into_vec().map_err(|_| wrong_signature())?;
    let has_signed = |bytes: &[u8]| UnparsedPublicKey::new(&ED25519, &key).verify(bytes, &signature).is_ok();
    if has_signed(text.as_bytes()) || has_signed(&enveloped(&message.domain, &key, text)) {
        Ok(message)
    } else {
        Err(wrong_signature())
    }
}

/// An off-chain message of version 0, in ASCII, with one signer.
fn enveloped(domain: &str, key: &[u8], text: &str) -> Vec<u8> {
    let mut application = domain.as_bytes().to_vec();
    application.resize(32, 0);
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes();
    [b"\xffsolana offchain\0", application.as_slice(), &[0, 1], key, &length, text.as_bytes()].concat()
}
