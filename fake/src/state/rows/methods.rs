//! Authentication methods (`amr`), read from a snapshot.

use serde::{Deserialize, Deserializer, de::Error};

/// An authentication method.
pub(crate) type Method = &'static str;

/// The methods that the server writes.
const METHODS: [&str; 17] = [
    "anonymous",
    "email/signup",
    "email_change",
    "invite",
    "magiclink",
    "mfa/phone",
    "mfa/recovery_code",
    "mfa/webauthn",
    "oauth",
    "oauth_provider/authorization_code",
    "otp",
    "passkey",
    "password",
    "recovery",
    "sso/saml",
    "totp",
    "web3",
];

/// Reads a method that the server writes.
pub(crate) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
    let text = String::deserialize(deserializer)?;
    let known = METHODS.into_iter().find(|known| *known == text);
    known.ok_or_else(|| D::Error::custom(format!("unknown authentication method: {text}")))
}
