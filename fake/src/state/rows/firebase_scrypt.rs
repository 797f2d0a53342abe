//! Password hashes of Firebase: scrypt, whose key encrypts the project's signer key.

use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    iv::FixedLength,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use scrypt::Params;
use serde::{Deserialize, Serialize};

/// The length of the key, for AES-256.
const KEY: usize = 32;

/// A hash, as `$fbscrypt$v=1,n=14,r=8,p=1,ss=separator,sk=signer key$salt$hash`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct FirebaseScrypt {
    text: String,
    params: Params,
    /// The salt, with the separator after it.
    salt: Vec<u8>,
    signer_key: Vec<u8>,
    hash: Vec<u8>,
}

impl TryFrom<String> for FirebaseScrypt {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a password hash is malformed")
    }
}

impl From<FirebaseScrypt> for String {
    fn from(hash: FirebaseScrypt) -> Self {
        hash.text
    }
}

impl FirebaseScrypt {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let ["", "fbscrypt", parameters, salt, hash] = text.split('$').collect::<Vec<_>>()[..] else { return None };
        let parameter = |name: &str| parameters.split(',').find_map(|text| text.strip_prefix(name)?.strip_prefix('='));
        let bytes = |text: &str| BASE64_STANDARD.decode(text).ok();
        if parameter("v") != Some("1") {
            return None;
        }
        let number = |name: &str| parameter(name)?.parse::<u32>().ok();
        let params = Params::new(u8::try_from(number("n")?).ok()?, number("r")?, number("p")?).ok()?;
        let mut salt = bytes(salt)?;
        salt.extend(bytes(parameter("ss").unwrap_or_default())?);
        let signer_key = bytes(parameter("sk").unwrap_or_default())?;
        Some(Self { text: text.to_owned(), params, salt, signer_key, hash: bytes(hash)? })
    }

    pub(crate) fn is(&self, password: &str) -> bool {
        self.encrypted(password).is_some_and(|encrypted| encrypted == self.hash)
    }

    /// Encrypts the signer key with the key that the password gives.
    fn encrypted(&self, password: &str) -> Option<Vec<u8>> {
        let mut key = [0; KEY];
        scrypt::scrypt(password.as_bytes(), &self.salt, &self.params, &mut key).ok()?;
        let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_256, &key).ok()?).ok()?;
        let mut encrypted = self.signer_key.clone();
        // The counter starts at zero, as Firebase defines it.
        key.less_safe_encrypt(&mut encrypted, EncryptionContext::Iv128(FixedLength::from([0; 16]))).ok()?;
        Some(encrypted)
    }
}
