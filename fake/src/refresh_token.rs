//! The two formats of refresh tokens.
//!
//! Version 1 is twelve random characters. Version 2 is base64url of a version byte (0), the session id, a counter
//! (unsigned LEB128), a signature (the first half of HMAC-SHA256) and a checksum (the first four bytes of SHA-256).

use aws_lc_rs::hmac;
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::NO_PAD},
};
use gotrue::Secret;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Go accepts trailing bits that are not zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
const LENIENT: GeneralPurposeConfig = NO_PAD.with_decode_allow_trailing_bits(true);

const CHECKSUM: usize = 4;
const SIGNATURE: usize = 16;

/// A refresh token of either version, whose format is valid.
pub(crate) enum RefreshToken {
    /// Version 1, which the server looks up.
    Random(String),
    /// Version 2, which the server verifies.
    Signed(SignedToken),
}

/// A refresh token of version 2 that is not verified yet.
pub(crate) struct SignedToken {
    pub(crate) session_id: Uuid,
    pub(crate) counter: u64,
    message: Vec<u8>,
    signature: [u8; SIGNATURE],
}

impl RefreshToken {
    pub(crate) fn parse(token: &Secret) -> Option<Self> {
        let text = token.expose();
        if text.len() == 12 {
            let is_valid = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            return is_valid.then(|| Self::Random(text.to_owned()));
        }
        SignedToken::parse(text).map(Self::Signed)
    }
}

impl SignedToken {
    fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text).ok()?;
        let (signed, checksum) = bytes.split_last_chunk::<CHECKSUM>()?;
        if Sha256::digest(signed)[..CHECKSUM] != checksum[..] {
            return None;
        }
        let (message, signature) = signed.split_last_chunk::<SIGNATURE>()?;
        let (version, rest) = message.split_first()?;
        let (session_id, counter) = rest.split_first_chunk::<16>()?;
        Some(Self {
            session_id: Uuid::from_bytes(*session_id),
            counter: read_leb128(counter).filter(|_| *version == 0)?,
            message: message.to_vec(),
            signature: *signature,
        })
    }

    /// Returns whether the token was signed with this key.
    pub(crate) fn is_signed_with(&self, key: &[u8]) -> bool {
        signature(key, &self.message) == self.signature
    }

    /// Returns the text of a new token.
    pub(crate) fn sign(session_id: Uuid, counter: u64, key: &[u8]) -> String {
        let mut token = vec![0];
        token.extend(session_id.as_bytes());
        write_leb128(&mut token, counter);
        token.extend(signature(key, &token));
        let checksum = Sha256::digest(&token);
        token.extend(&checksum[..CHECKSUM]);
        BASE64.encode(token)
    }
}

fn signature(key: &[u8], message: &[u8]) -> [u8; SIGNATURE] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    let mut signature = [0; SIGNATURE];
    signature.copy_from_slice(&tag.as_ref()[..SIGNATURE]);
    signature
}

fn write_leb128(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// Reads a number that fills the bytes.
fn read_leb128(bytes: &[u8]) -> Option<u64> {
    let (last, others) = bytes.split_last()?;
    if others.len() > 8 || last & 0x80 != 0 || others.iter().any(|byte| byte & 0x80 == 0) {
        return None;
    }
    Some(bytes.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Uuid = Uuid::from_u128(0x93d5_4e18_ceab_4cf8_ba6b_18be_a523_b0c4);

    #[test]
    fn a_token_of_the_real_server_is_read() {
        let token = Secret::from("AJPVThjOq0z4umsYvqUjsMQAqOiajr-Yk5RKOnbp9WZqinmu868");
        let Some(RefreshToken::Signed(token)) = RefreshToken::parse(&token) else { panic!("it is malformed") };
        assert_eq!((token.session_id, token.counter), (SESSION, 0));
        assert!(!token.is_signed_with(&[0; 32]));
    }

    #[test]
    fn a_signed_token_is_parsed_again() {
        let lengths = [(0, 51), (1, 51), (127, 51), (128, 52), (300, 52), (1 << 40, 58), ((1 << 63) - 1, 62)];
        for (counter, length) in lengths {
            let text = SignedToken::sign(SESSION, counter, b"key");
            assert_eq!((text.len(), &text[..1]), (length, "A"), "{counter}");
            let token = SignedToken::parse(&text).unwrap();
            assert_eq!((token.session_id, token.counter), (SESSION, counter));
            assert!(token.is_signed_with(b"key") && !token.is_signed_with(b"another key"));
        }
    }

    #[test]
    fn malformed_tokens_are_refused() {
        let good = SignedToken::sign(SESSION, 5, b"key");
        let version_1 = {
            let mut bytes = BASE64.decode(&good).unwrap();
            bytes[0] = 1;
            let end = bytes.len() - CHECKSUM;
            let checksum = Sha256::digest(&bytes[..end]);
            bytes[end..].copy_from_slice(&checksum[..CHECKSUM]);
            BASE64.encode(bytes)
        };
        let changed = good.replacen('A', "B", 1);
        let padded = format!("{good}=");
        let bad = ["", "abcdefghijk", "abcdefghijkL", "abcdefghijklm", &good[..50], &changed, &padded, &version_1];
        for text in bad {
            assert!(RefreshToken::parse(&text.into()).is_none(), "{text}");
        }
        assert!(matches!(RefreshToken::parse(&"abcdefghij12".into()), Some(RefreshToken::Random(_))));
    }
}
