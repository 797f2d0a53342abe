//! The compact form of a JWT: header, payload and signature in base64url, separated by dots (RFC 7515, section 7.1).

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::claims::Claims;
use crate::error::TokenError;

/// The longest accepted token, in bytes. The server accepts no more than this in all headers of a request.
const MAX_LENGTH: usize = 1024 * 1024;

/// The encoded parts of a token.
#[derive(Clone, Copy)]
pub(super) struct CompactToken<'a> {
    /// The header and the payload with the dot between them, over which the signature is computed.
    pub(super) signing_input: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// The members of the header that verification depends on.
#[derive(Deserialize)]
pub(super) struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "is_present")]
    crit: bool,
}

/// Reads a member as true whatever its value is, null included.
fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Header<'_> {
    pub(super) fn algorithm(&self) -> &str {
        &self.alg
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.kid.as_deref().filter(|id| !id.is_empty())
    }
}

impl<'a> CompactToken<'a> {
    pub(super) fn split(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > MAX_LENGTH {
            return Err(TokenError::Malformed("expected at most 1 MiB"));
        }
        let parts = || {
            let (signing_input, signature) = text.rsplit_once('.')?;
            let (header, payload) = signing_input.split_once('.')?;
            (!payload.contains('.')).then_some(Self { signing_input, header, payload, signature })
        };
        parts().ok_or(TokenError::Malformed("expected three parts separated by dots"))
    }

    /// Returns an empty buffer in which the header or the payload can be decoded.
    pub(super) fn buffer(&self) -> Vec<u8> {
        Vec::with_capacity(self.payload.len().max(self.header.len()))
    }

    pub(super) fn header<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<Header<'b>, TokenError> {
        decode(self.header, buffer)?;
        let malformed = TokenError::Malformed("expected the header of a JWT");
        let header: Header<'_> = serde_json::from_slice(buffer).map_err(|_| malformed)?;
        if header.crit {
            // A token must be refused if it has a critical extension that is not supported, and none is
            // (RFC 7515, section 4.1.11).
            return Err(TokenError::Malformed("critical header extensions are not supported"));
        }
        Ok(header)
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        let mut signature = Vec::new();
        decode(self.signature, &mut signature)?;
        Ok(signature)
    }

    /// Reads the claims without verifying the signature.
    pub(super) fn claims(&self, buffer: &mut Vec<u8>) -> Result<Claims, TokenError> {
        decode(self.payload, buffer)?;
        serde_json::from_slice(buffer).map_err(|_| TokenError::Malformed("expected the claims of a user"))
    }
}

fn decode(part: &str, buffer: &mut Vec<u8>) -> Result<(), TokenError> {
    buffer.clear();
    URL_SAFE_NO_PAD.decode_vec(part, buffer).map_err(|_| TokenError::Malformed("expected base64url"))
}
