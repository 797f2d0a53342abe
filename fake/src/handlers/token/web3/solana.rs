//! Signatures of Solana wallets: Ed25519, over the text or over the envelope that hardware wallets use.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::NO_PAD},
};

use crate::{
    handlers::token::web3::{
        errors::wrong_signature,
        message::{Chain, Message},
    },
    wire::ApiError,
};

/// Go accepts trailing bits that are not zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

const LENIENT: GeneralPurposeConfig = NO_PAD.with_decode_allow_trailing_bits(true);

/// Parses a message and verifies its signature.
pub(crate) fn check(text: &str, signature: &str) -> Result<Message, ApiError> {
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

/// Returns an off-chain message of version 0 in ASCII with one signer.
fn enveloped(domain: &str, key: &[u8], text: &str) -> Vec<u8> {
    let mut application = domain.as_bytes().to_vec();
    application.resize(32, 0);
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes();
    [b"\xffsolana offchain\0", application.as_slice(), &[0, 1], key, &length, text.as_bytes()].concat()
}
