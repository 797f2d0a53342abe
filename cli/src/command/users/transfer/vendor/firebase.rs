//! Users of Firebase Authentication.

use std::path::Path;

use gotrue::{
    Secret,
    serde_json::{self, json},
};
use serde::Deserialize;

use super::{super::row::Row, ban, metadata, profile};
use crate::{
    command::users::transfer::row::boolean,
    failure::{Failure, Result},
    text_file,
};

/// The parameters of a project's hashes, as the Firebase console shows them.
#[derive(Clone, Debug)]
pub struct HashConfig {
    signer_key: Secret,
    salt_separator: Secret,
    rounds: u32,
    mem_cost: u32,
}

impl HashConfig {
    /// Reads the parameters from a file with one `name: value` per line.
    pub fn read(path: &Path) -> Result<Self> {
        let text = text_file::read(path)?;
        Self::parse(&text).map_err(|name| {
            Failure::usage(format!("{}: expected {name}: VALUE", path.display()))
                .hint("copy the hash_config from the Firebase console: Authentication, Users, Password hash parameters")
        })
    }

    pub fn new(signer_key: &str, salt_separator: &str, rounds: u32, mem_cost: u32) -> Self {
        Self { signer_key: signer_key.into(), salt_separator: salt_separator.into(), rounds, mem_cost }
    }

    /// Returns the hash of a user in the form that the server parses.
    pub fn hash(&self, salt: &str, hash: &str) -> Secret {
        let parts = [self.salt_separator.expose(), self.signer_key.expose(), salt, hash];
        let [separator, signer_key, salt, hash] = parts.map(base64);
        let (rounds, mem_cost) = (self.rounds, self.mem_cost);
        format!("$fbscrypt$v=1,n={mem_cost},r={rounds},p=1,ss={separator},sk={signer_key}${salt}${hash}").into()
    }

    /// Fails with the name of a parameter that is missing or invalid.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text_of = |name: &'static str| {
            let lines = text.lines().filter_map(|line| line.split_once([':', '=']));
            let mut lines = lines.map(|(name, value)| (name.trim().trim_matches('"'), value));
            let value = lines.find(|(found, _)| *found == name).map(|(_, value)| value);
            value.map(|value| value.trim().trim_end_matches([',', ';']).trim_matches('"')).ok_or(name)
        };
        let number_of = |name| text_of(name)?.parse().map_err(|_| name);
        let (signer_key, salt_separator) = (text_of("base64_signer_key")?, text_of("base64_salt_separator")?);
        Ok(Self::new(signer_key, salt_separator, number_of("rounds")?, number_of("mem_cost")?))
    }
}

/// A user of `firebase auth:export`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct User {
    local_id: Option<String>,
    email: Option<String>,
    #[serde(deserialize_with = "boolean")]
    email_verified: Option<bool>,
    password_hash: Option<Secret>,
    salt: Option<Secret>,
    display_name: Option<String>,
    photo_url: Option<String>,
    phone_number: Option<String>,
    #[serde(deserialize_with = "boolean")]
    disabled: Option<bool>,
    /// Custom claims, as the text of a JSON object.
    custom_attributes: Option<String>,
}

pub fn row(user: User, config: Option<&HashConfig>) -> Row {
    let salt = user.salt.as_ref().map(Secret::expose).unwrap_or_default();
    let hash = user.password_hash.zip(config).map(|(hash, config)| config.hash(salt, hash.expose()));
    let claims = user.custom_attributes.and_then(|text| serde_json::from_str(&text).ok());
    Row {
        email: user.email,
        email_confirmed: user.email_verified,
        // Firebase only stores numbers that are verified.
        phone_confirmed: user.phone_number.as_ref().map(|_| true),
        phone: user.phone_number,
        user_metadata: profile(None, [user.display_name.as_deref(), None, None], None, user.photo_url.as_deref()),
        app_metadata: metadata(claims, [("firebase", metadata(None, [("id", json!(user.local_id))]).into())]),
        banned_until: ban(user.disabled == Some(true)),
        password_hash: hash,
        ..Row::default()
    }
}

/// Returns standard base64 with padding, as the server expects it. Exports may contain base64url.
fn base64(text: &str) -> String {
    let text = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    text + &padding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_as_the_console_shows_them() {
        let text = "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: a2V5+/==,\n  base64_salt_separator: Bw==,\n  \
                    rounds: 8,\n  mem_cost: 14,\n}\n";
        let config = HashConfig::parse(text).unwrap();
        assert_eq!((config.signer_key.expose(), config.salt_separator.expose()), ("a2V5+/==", "Bw=="));
        assert_eq!((config.rounds, config.mem_cost), (8, 14));
        assert_eq!(HashConfig::parse(&text.replace("rounds", "round")).unwrap_err(), "rounds");
        assert_eq!(HashConfig::parse(&text.replace("14", "planted")).unwrap_err(), "mem_cost");
        assert!(!format!("{config:?}").contains("a2V5"));
    }

    #[test]
    fn base64_of_all_forms() {
        for (text, expected) in [("a-_b", "a+/b"), ("YQ", "YQ=="), ("YWI=", "YWI="), ("", "")] {
            assert_eq!(base64(text), expected);
        }
    }
}
