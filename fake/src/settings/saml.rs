//! The private key for SAML.

use std::fmt;

use aws_lc_rs::{error::Unspecified, rsa::KeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};

/// A private RSA key (PKCS #1, DER).
#[derive(Clone)]
pub(crate) struct SamlKey(Vec<u8>);

impl SamlKey {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let der = STANDARD.decode(text).map_err(|_| "expected standard Base64")?;
        KeyPair::from_der(&der).map_err(|_| "expected an RSA key of at least 2048 bits in the format PKCS #1")?;
        Ok(Self(der))
    }

    pub(crate) fn pair(&self) -> Result<KeyPair, Unspecified> {
        KeyPair::from_der(&self.0).map_err(|_| Unspecified)
    }
}

impl fmt::Debug for SamlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
