//! Authentication methods (`amr`), read from a snapshot.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de::Error};

/// An authentication method.
pub(crate) type Method = &'static str;

/// The methods that the server writes.
const METHODS: [&str; 16] = [
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
    "totp",
    "web3",
];

/// Reads a method that the server writes.
pub(crate) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
    find(&String::deserialize(deserializer)?)
}

/// Reads methods that the server writes, each with a time.
pub(crate) fn known_with_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(Method, DateTime<Utc>)>, D::Error> {
    let entries = Vec::<(String, DateTime<Utc>)>::deserialize(deserializer)?;
    entries.into_iter().map(|(method, at)| Ok((find(&method)?, at))).collect()
}

fn find<E: Error>(method: &str) -> Result<Method, E> {
    let known = METHODS.into_iter().find(|known| *known == method);
    known.ok_or_else(|| E::custom(format!("unknown authentication method: {method}")))
}
