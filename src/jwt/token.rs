//! The form of a token: three parts in base64url, of which the first two are JSON (RFC 7515, 7.1).

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};

use super::claims::Claims;
use crate::{error::TokenError, nesting};

/// More than any server takes in a header. What is longer is refused before anything is done with it.
const LONGEST: usize = 64 * 1024;

/// A token in its parts, as they travel.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    /// The first two parts with the dot between: what is signed.
    pub(super) message: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// What the header says of the signature.
#[derive(Deserialize)]
pub(super) struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Option<Cow<'a, str>>,
    /// Names of members that the reader has to understand. We understand none of them (RFC 7515, 4.1.11).
    crit: Option<IgnoredAny>,
}

impl Header<'_> {
    pub(super) fn algorithm(&self) -> &str {
        &self.alg
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.kid.as_deref().filter(|id| !id.is_empty())
    }
}

impl<'a> Token<'a> {
    pub(super) fn split(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > LONGEST {
            return Err(TokenError::Malformed("it is too long"));
        }
        let parts = || {
            let (message, signature) = text.rsplit_once('.')?;
            let (header, payload) = message.split_once('.')?;
            (!payload.contains('.')).then_some(Self { message, header, payload, signature })
        };
        parts().ok_or(TokenError::Malformed("expected three parts separated by dots"))
    }

    /// Room for any of the parts, decoded.
    pub(super) fn buffer(&self) -> Vec<u8> {
        Vec::with_capacity(self.payload.len().max(self.header.len()))
    }

    pub(super) fn header<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<Header<'b>, TokenError> {
        decode(self.header, buffer)?;
        let malformed = TokenError::Malformed("its header is not that of a JWT");
        let header: Header<'_> = serde_json::from_slice(buffer).map_err(|_| malformed)?;
        if header.crit.is_some() { Err(TokenError::Malformed("its header asks for an extension")) } else { Ok(header) }
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        let mut signature = Vec::new();
        decode(self.signature, &mut signature)?;
        Ok(signature)
    }

    /// The claims, whether or not the signature is good.
    pub(super) fn claims(&self, buffer: &mut Vec<u8>) -> Result<Claims, TokenError> {
        decode(self.payload, buffer)?;
        serde_json::from_slice(&nesting::bounded(buffer))
            .map_err(|_| TokenError::Malformed("its claims are not those of a user"))
    }
}

fn decode(part: &str, buffer: &mut Vec<u8>) -> Result<(), TokenError> {
    buffer.clear();
    URL_SAFE_NO_PAD.decode_vec(part, buffer).map_err(|_| TokenError::Malformed("a part of it is not base64url"))
}
