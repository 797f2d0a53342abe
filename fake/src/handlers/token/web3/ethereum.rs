//! Signatures of Ethereum wallets (ERC-191): the key, and from it the address, is recovered from the signature.

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::{Digest, Keccak256};

use crate::{
    handlers::token::web3::{
        errors::wrong_signature,
        message::{Chain, Message},
    },
    wire::ApiError,
};

/// Parses a message and verifies its signature.
pub(crate) fn check(text: &str, signature: &str) -> Result<Message, ApiError> {
    if signature.trim_start_matches("0x").len() != 130 {
        let message = "signature must be 65 bytes long, encoded as a 130 character-long hexadecimal string";
        return Err(ApiError::validation_failed(message));
    }
    let message = Chain::Ethereum.read(text)?;
    match signer(text, signature) {
        Some(address) if address.eq_ignore_ascii_case(&message.address) => Ok(message),
        _ => Err(wrong_signature()),
    }
}

/// Recovers the address of the signer.
pub(crate) fn signer(text: &str, signature: &str) -> Option<String> {
    let bytes = from_hex(signature.strip_prefix("0x")?)?;
    let (&v, rs) = bytes.split_last()?;
    let recovery_id = RecoveryId::from_byte(if v >= 27 { v - 27 } else { v })?;
    let signed = format!("\x19Ethereum Signed Message:\n{}{text}", text.len());
    let signature = Signature::from_slice(rs).ok()?;
    let key = VerifyingKey::recover_from_prehash(&Keccak256::digest(signed), &signature, recovery_id).ok()?;
    let point = key.to_sec1_point(false);
    // The address is the end of the hash of the key, without the byte that names the encoding.
    let hash = Keccak256::digest(&point.as_bytes()[1..]);
    Some(hash[12..].iter().fold("0x".to_owned(), |address, byte| format!("{address}{byte:02x}")))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
