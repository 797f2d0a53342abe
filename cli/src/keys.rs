//! The keys of profiles: in the system's keychain when there is one, or in a file that only its owner can read.

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

const FILE: &str = "keys.toml";
const SERVICE: &str = "gotrue";

/// The keys of one profile.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Keys {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_key: Option<Secret>,
}

/// Where the keys of a profile are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStorage {
    /// It has none.
    #[default]
    None,
    Keychain,
    File,
}

impl KeyStorage {
    pub fn load(self, folder: &ConfigDir, profile: &str) -> Result<Keys> {
        match self {
            Self::None => Ok(Keys::default()),
            Self::Keychain => {
                let keys = entry(profile).map_err(|error| failed(&error)).and_then(|entry| Keys::read_from(&entry));
                keys.map_err(|failure| failure.hint(format!("gotrue profile add {profile} stores its keys anew")))
            }
            Self::File => Ok(read_file(folder)?.remove(profile).unwrap_or_default()),
        }
    }

    pub fn remove(self, folder: &ConfigDir, profile: &str) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Keychain => match entry(profile).and_then(|entry| entry.delete_credential()) {
                Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
                Err(error) => Err(failed(&error)),
            },
            Self::File => {
                let mut all = read_file(folder)?;
                all.remove(profile);
                folder.write(FILE, &all)
            }
        }
    }
}

impl Keys {
    pub fn is_empty(&self) -> bool {
        self.api_key.is_none() && self.service_key.is_none()
    }

    /// Keeps them, and says where.
    pub fn save(&self, folder: &ConfigDir, profile: &str, with_keychain: bool) -> Result<KeyStorage> {
        if self.is_empty() {
            return Ok(KeyStorage::None);
        }
        if with_keychain && entry(profile).and_then(|entry| self.write_to(&entry)).is_ok() {
            return Ok(KeyStorage::Keychain);
        }
        let mut all = read_file(folder)?;
        all.insert(profile.to_owned(), self.clone());
        folder.write(FILE, &all)?;
        Ok(KeyStorage::File)
    }

    fn write_to(&self, entry: &Entry) -> keyring::Result<()> {
        // Two strings are always JSON.
        entry.set_secret(&serde_json::to_vec(self).unwrap_or_default())
    }

    fn read_from(entry: &Entry) -> Result<Self> {
        let text = entry.get_secret().map_err(|error| failed(&error))?;
        // The cause could hold a key.
        serde_json::from_slice(&text).map_err(|_| Failure::new(Exit::Refused, "the keychain's entry is not ours"))
    }
}

fn entry(profile: &str) -> keyring::Result<Entry> {
    Entry::new(SERVICE, profile)
}

fn read_file(folder: &ConfigDir) -> Result<BTreeMap<String, Keys>> {
    folder.read(FILE)
}

fn failed(error: &keyring::Error) -> Failure {
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
    fn a_keychain_gives_back_what_it_was_given() {
        let entry = entry();
        let keys = Keys { api_key: Some("anon".into()), service_key: Some("service".into()) };
        keys.write_to(&entry).unwrap();
        let read = Keys::read_from(&entry).unwrap();
        assert_eq!((read.api_key, read.service_key), (keys.api_key, keys.service_key));
    }

    #[test]
    fn what_is_missing_or_foreign_is_said_without_its_contents() {
        let entry = entry();
        assert!(Keys::read_from(&entry).unwrap_err().message.contains("keychain failed"));
        entry.set_secret(b"planted").unwrap();
        let failure = Keys::read_from(&entry).unwrap_err();
        assert!(!failure.message.contains("planted"), "{}", failure.message);
    }
}
