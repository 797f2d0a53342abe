//! The secrets of a hook.

use std::{fmt, str::FromStr};

use base64::{
    Engine, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};

use super::signature::Signed;
use crate::{
    error::{Error, Result},
    platform::signature::HmacKey,
    secret::Secret,
};

const PREFIX: &str = "v1,whsec_";

/// The least number of characters of a key that the server accepts, in Base64.
const LEAST_KEY: usize = 32;

/// Base64 as the server reads it: the unused bits of the last character may be set, as in a secret that was typed.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The secrets that a hook and the server share, at least one.
///
/// The text form is that of the server's setting `GOTRUE_HOOK_<NAME>_SECRETS`: `v1,whsec_` and Base64, several joined by
/// `|`. During a rotation there are two, and a request has a signature for each; a signature with any of them is valid.
///
/// ```
/// use gotrue::hooks::HookSecrets;
///
/// let secrets = HookSecrets::generate()?;
/// let same: HookSecrets = secrets.setting().expose().parse()?;
/// assert_eq!(same.setting(), secrets.setting());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HookSecrets {
    setting: Secret,
    keys: Vec<HmacKey>,
}

impl HookSecrets {
    /// Generates one secret of 256 random bits.
    ///
    /// # Errors
    /// [`Error::Randomness`] if the operating system provides no randomness.
    pub fn generate() -> Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(Error::Randomness)?;
        let setting = format!("{PREFIX}{}", STANDARD.encode(key));
        Ok(Self { setting: setting.into(), keys: vec![HmacKey::new(&key)] })
    }

    /// Returns the secrets as the server's setting.
    #[must_use]
    pub fn setting(&self) -> &Secret {
        &self.setting
    }

    /// Returns the header `webhook-signature` of a request, as the server makes it: one signature for each secret. The
    /// time is in seconds since the Unix epoch.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signed = Signed::new(id, &timestamp.to_string(), body);
        self.keys.iter().map(|key| signed.sign(key)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn keys(&self) -> &[HmacKey] {
        &self.keys
    }
}

impl fmt::Debug for HookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookSecrets([redacted]; {})", self.keys.len())
    }
}

impl FromStr for HookSecrets {
    type Err = InvalidHookSecret;

    fn from_str(setting: &str) -> std::result::Result<Self, InvalidHookSecret> {
        let secrets = setting.split('|').map(str::trim);
        let keys = secrets.enumerate().map(|(index, secret)| {
            let key = key(secret).ok_or(InvalidHookSecret { position: index + 1 })?;
            Ok(HmacKey::new(&key))
        });
        Ok(Self { keys: keys.collect::<std::result::Result<_, _>>()?, setting: setting.into() })
    }
}

fn key(secret: &str) -> Option<Vec<u8>> {
    let key = secret.strip_prefix(PREFIX).filter(|key| key.len() >= LEAST_KEY)?;
    LENIENT.decode(key).ok()
}

/// A text that is not the secret of a hook: `v1,whsec_` and at least 32 characters of Base64.
///
/// Secrets of the asymmetric form (`v1a,whpk_…:whsk_…`) are not supported, and the server cannot sign with them either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hook secret {position} must be `v1,whsec_` and at least 32 characters of Base64")]
pub struct InvalidHookSecret {
    position: usize,
}

impl InvalidHookSecret {
    /// Returns which of the secrets is invalid, counted from 1.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}
