//! Proof Key for Code Exchange (RFC 7636): who began a flow can prove it at its end.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    error::{Error, Result},
    secret::Secret,
    types::CodeChallengeMethod,
};

/// The code verifier of one flow. Keep it until the redirect brings the code, and use it once.
///
/// ```
/// # fn f() -> Result<(), gotrue::Error> {
/// let verifier = gotrue::PkceVerifier::generate()?;
/// assert_eq!(verifier.secret().expose().len(), 43);
/// // Kept in between, where nobody else can read it:
/// let same = gotrue::PkceVerifier::from_secret(verifier.secret().clone())?;
/// assert_eq!(verifier.challenge(), same.challenge());
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PkceVerifier(Secret);

impl PkceVerifier {
    /// A new verifier of 256 random bits, 43 characters.
    ///
    /// # Errors
    /// [`Error::Randomness`] when the operating system gives none.
    pub fn generate() -> Result<Self> {
        Ok(Self(random(32)?.into()))
    }

    /// A verifier that was kept.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when it is not 43 to 128 characters of those that RFC 7636 allows.
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

    /// The verifier itself, to be kept.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The code challenge: the SHA-256 of the verifier, base64url.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose()))
    }
}

/// So many random bytes, base64url.
pub(crate) fn random(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(Error::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// A challenge on its way to the server, as the two fields of a request.
pub(crate) fn challenge_fields(challenge: Option<String>) -> (Option<String>, Option<CodeChallengeMethod>) {
    let method = challenge.as_ref().map(|_| CodeChallengeMethod::S256);
    (challenge, method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = PkceVerifier::from_secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn two_verifiers_differ_and_a_bad_one_is_refused() {
        assert_ne!(PkceVerifier::generate().unwrap(), PkceVerifier::generate().unwrap());
        for bad in [String::new(), "a".repeat(42), "a".repeat(129), "ä".repeat(43), " ".repeat(43)] {
            assert!(PkceVerifier::from_secret(bad).is_err());
        }
    }
}
