//! The PKCE challenge in a request.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::wire::{ApiError, Request};

/// A challenge whose method is not checked yet: the server does that only when it starts the flow.
#[derive(Clone, Default)]
pub(crate) struct Challenge {
    code_challenge: String,
    code_challenge_method: String,
}

/// Reads the challenge of a flow that starts in a browser.
pub(crate) fn challenge_in_query(request: &Request) -> Result<Option<Challenge>, ApiError> {
    let parameter = |name: &str| request.query(name).unwrap_or_default();
    Challenge::new(parameter("code_challenge"), parameter("code_challenge_method")).check()
}

impl Challenge {
    pub(crate) fn new(code_challenge: String, code_challenge_method: String) -> Self {
        Self { code_challenge, code_challenge_method }
    }

    /// Checks the challenge, except for its method.
    pub(crate) fn check(self) -> Result<Option<Self>, ApiError> {
        let refuse = |message: &str| Err(ApiError::validation_failed(message));
        let challenge = &self.code_challenge;
        if challenge.is_empty() != self.code_challenge_method.is_empty() {
            return refuse("PKCE flow requires code_challenge_method and code_challenge");
        }
        if challenge.is_empty() {
            return Ok(None);
        }
        if !(43..=128).contains(&challenge.len()) {
            return refuse("code challenge has to be between 43 and 128 characters");
        }
        if !challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte)) {
            return refuse(
                "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes",
            );
        }
        Ok(Some(self))
    }

    /// Returns whether there is a challenge, valid or not.
    pub(crate) fn is_given(&self) -> bool {
        !self.code_challenge.is_empty()
    }

    /// Returns the hash of the verifier, or `None` for an unknown method.
    pub(crate) fn hash(&self) -> Option<String> {
        match self.code_challenge_method.to_lowercase().as_str() {
            "s256" => Some(self.code_challenge.clone()),
            "plain" => Some(hash_of_verifier(&self.code_challenge)),
            _ => None,
        }
    }

    /// Returns the hash of the verifier, for a flow that starts in a browser.
    pub(crate) fn hash_for_browser(&self) -> Result<String, ApiError> {
        self.hash().ok_or_else(|| ApiError::validation_failed("Invalid code_challenge_method"))
    }
}

pub(crate) fn hash_of_verifier(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}
