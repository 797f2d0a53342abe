//! The keys of profiles: in the system's keychain when there is one, or in a file that only its owner can read.

use std::collections::BTreeMap;

use gotrue::{
    Secret,
    keyring::{self, Entry},
    serde_json,
};
use serde::{Deserialize, Serialize};

use crate::{
    config::Folder,
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
pub enum KeyPlace {
    /// It has none.
    #[default]
    None,
    Keychain,
    File,
}

impl KeyPlace {
    pub fn load(self, folder: &Folder, profile: &str) -> Result<Keys> {
        match self {
            Self::None => Ok(Keys::default()),
            Self::Keychain => from_keychain(profile),
            Self::File => Ok(read_file(folder)?.remove(profile).unwrap_or_default()),
        }
    }

    pub fn remove(self, folder: &Folder, profile: &str) -> Result<()> {
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
    pub fn save(&self, folder: &Folder, profile: &str, with_keychain: bool) -> Result<KeyPlace> {
        if self.is_empty() {
            return Ok(KeyPlace::None);
        }
        if with_keychain && self.save_in_keychain(profile).is_ok() {
            return Ok(KeyPlace::Keychain);
        }
        let mut all = read_file(folder)?;
        all.insert(profile.to_owned(), self.clone());
        folder.write(FILE, &all)?;
        Ok(KeyPlace::File)
    }

    fn save_in_keychain(&self, profile: &str) -> keyring::Result<()> {
        // Text that we made ourselves of two strings.
        let text = serde_json::to_vec(self).unwrap_or_default();
        entry(profile)?.set_secret(&text)
    }
}

fn from_keychain(profile: &str) -> Result<Keys> {
    match entry(profile).and_then(|entry| entry.get_secret()) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|_| Failure::new(Exit::Refused, format!("the keychain's entry {profile} is not ours"))),
        Err(error) => Err(failed(&error).hint(format!("gotrue profile add {profile} stores its keys anew"))),
    }
}

fn entry(profile: &str) -> keyring::Result<Entry> {
    Entry::new(SERVICE, profile)
}

fn read_file(folder: &Folder) -> Result<BTreeMap<String, Keys>> {
    folder.read(FILE)
}

fn failed(error: &keyring::Error) -> Failure {
    Failure::new(Exit::Refused, format!("the keychain failed: {error}"))
}
