//! The keys of profiles, in the system's keychain if there is one, or in a file that only its owner can read.

use std::collections::BTreeMap;

use gotrue::{
    Secret,
    keyring::{self, Entry},
    serde_json,
};
use serde::{Deserialize, Serialize};

use crate::{
    config_dir::ConfigDir,
    failure::{Exit, Failure, Result},
};

pub const FILE: &str = "keys.toml";
const SERVICE: &str = "gotrue";

/// The keys of a profile.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Keys {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_key: Option<Secret>,
}

/// Where the keys of a profile are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStorage {
    /// The profile has no keys.
    #[default]
    None,
    Keychain,
    File,
}

impl KeyStorage {
    /// Reads the keys of a profile.
    pub fn load(self, directory: &ConfigDir, profile: &str) -> Result<Keys> {
        match self {
            Self::None => Ok(Keys::default()),
            Self::Keychain => {
                let keys =
                    entry(profile).map_err(|error| keychain_failed(&error)).and_then(|entry| Keys::read_from(&entry));
                keys.map_err(|failure| failure.hint(format!("store the keys again with gotrue profile add {profile}")))
            }
            Self::File => Ok(read_file(directory)?.remove(profile).unwrap_or_default()),
        }
    }

    /// Deletes the keys of a profile.
    pub fn remove(self, directory: &ConfigDir, profile: &str) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Keychain => match entry(profile).and_then(|entry| entry.delete_credential()) {
                Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
                Err(error) => Err(keychain_failed(&error)),
            },
            Self::File => {
                let mut all = read_file(directory)?;
                all.remove(profile);
                directory.write(FILE, &all)
            }
        }
    }
}

impl Keys {
    pub fn is_empty(&self) -> bool {
        self.api_key.is_none() && self.service_key.is_none()
    }

    /// Stores the keys, and returns where.
    pub fn save(&self, directory: &ConfigDir, profile: &str, with_keychain: bool) -> Result<KeyStorage> {
        if self.is_empty() {
            return Ok(KeyStorage::None);
        }
        if with_keychain && entry(profile).and_then(|entry| self.write_to(&entry)).is_ok() {
            return Ok(KeyStorage::Keychain);
        }
        let mut all = read_file(directory)?;
        all.insert(profile.to_owned(), self.clone());
        directory.write(FILE, &all)?;
        Ok(KeyStorage::File)
    }

    fn write_to(&self, entry: &Entry) -> keyring::Result<()> {
        // Serializing two strings cannot fail.
        entry.set_secret(&serde_json::to_vec(self).unwrap_or_default())
    }

    fn read_from(entry: &Entry) -> Result<Self> {
        let text = entry.get_secret().map_err(|error| keychain_failed(&error))?;
        // The cause could contain a key.
        serde_json::from_slice(&text)
            .map_err(|_| Failure::new(Exit::Refused, "the keychain entry was not written by gotrue"))
    }
}

fn entry(profile: &str) -> keyring::Result<Entry> {
    Entry::new(SERVICE, profile)
}

fn read_file(directory: &ConfigDir) -> Result<BTreeMap<String, Keys>> {
    directory.read(FILE)
}

fn keychain_failed(error: &keyring::Error) -> Failure {
    Failure::new(Exit::Refused, format!("the keychain failed: {error}"))
}

#[cfg(test)]
mod tests {
    use keyring_core::api::CredentialStoreApi;

    use super::*;

    fn entry() -> Entry {
        let keychain = keyring_core::mock::Store::new().unwrap();
        Entry { inner: keychain.build("gotrue", "prod", None).unwrap() }
    }

    #[test]
    fn keys_round_trip_through_a_keychain() {
        let entry = entry();
        let keys = Keys { api_key: Some("anon".into()), service_key: Some("service".into()) };
        keys.write_to(&entry).unwrap();
        let read = Keys::read_from(&entry).unwrap();
        assert_eq!((read.api_key, read.service_key), (keys.api_key, keys.service_key));
    }

    #[test]
    fn a_missing_or_foreign_entry_is_reported_without_its_contents() {
        let entry = entry();
        assert!(Keys::read_from(&entry).unwrap_err().message.contains("keychain failed"));
        entry.set_secret(b"planted").unwrap();
        let failure = Keys::read_from(&entry).unwrap_err();
        assert!(!failure.message.contains("planted"), "{}", failure.message);
    }
}
