//! Proof Key for Code Exchange (RFC 7636).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    platform::sha256,
    secret::Secret,
    types::CodeChallengeMethod,
};

/// The code verifier of one flow. Keep it until the redirect brings the code, and use it once.
///
/// It protects the user only if the browser that returns with the code is the one that the flow was started for. A web
/// service keeps it in a cookie of that browser; see [`PkceFlow`](crate::auth::PkceFlow).
///
/// ```
/// # fn f() -> Result<(), gotrue::Error> {
/// let verifier = gotrue::PkceVerifier::generate()?;
/// assert_eq!(verifier.secret().expose().len(), 43);
/// // Stored in between, where no one else can read it:
/// let same = gotrue::PkceVerifier::from_secret(verifier.secret().clone())?;
/// assert_eq!(verifier.challenge(), same.challenge());
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Secret", into = "Secret")]
pub struct PkceVerifier(Secret);

impl PkceVerifier {
    /// Generates a verifier of 256 random bits, 43 characters.
    ///
    /// # Errors
    /// [`Error::Randomness`] if the operating system provides no randomness.
    pub fn generate() -> Result<Self> {
        Ok(Self(random(32)?.into()))
    }

    /// Creates a verifier from a stored one.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] unless it consists of 43 to 128 of the characters that RFC 7636 allows.
    pub fn from_secret(verifier: impl Into<Secret>) -> Result<Self> {
        let verifier = verifier.into();
        let text = verifier.expose();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if (43..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(verifier))
        } else {
            Err(Error::invalid("PKCE verifier", "must be 43 to 128 unreserved characters"))
        }
    }

    /// Returns the verifier itself, to be stored.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Returns the code challenge: the SHA-256 of the verifier in base64url.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(self.0.expose().as_bytes()))
    }
}

impl TryFrom<Secret> for PkceVerifier {
    type Error = Error;

    fn try_from(verifier: Secret) -> Result<Self> {
        Self::from_secret(verifier)
    }
}

impl From<PkceVerifier> for Secret {
    fn from(verifier: PkceVerifier) -> Self {
        verifier.0
    }
}

/// Returns this many random bytes in base64url.
pub(crate) fn random(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(Error::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// Returns the two request fields of an optional challenge.
pub(crate) fn challenge_fields(challenge: Option<String>) -> (Option<String>, Option<CodeChallengeMethod>) {
    let method = challenge.as_ref().map(|_| CodeChallengeMethod::S256);
    (challenge, method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_matches_rfc_7636_appendix_b() {
        let verifier = PkceVerifier::from_secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifiers_differ_and_an_invalid_one_is_rejected() {
        assert_ne!(PkceVerifier::generate().unwrap(), PkceVerifier::generate().unwrap());
        for invalid in [String::new(), "a".repeat(42), "a".repeat(129), "ä".repeat(43), " ".repeat(43)] {
            assert!(PkceVerifier::from_secret(invalid).is_err());
        }
    }
}
