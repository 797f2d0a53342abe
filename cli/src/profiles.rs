//! The profiles: servers by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    config_dir::ConfigDir,
    failure::{Failure, Result},
    profile_keys::KeyStorage,
};

/// The contents of `config.toml`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Profiles {
    /// The name of the current profile.
    #[serde(rename = "current", skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    #[serde(default, rename = "profiles")]
    pub by_name: BTreeMap<String, Profile>,
}

/// A server, and where its keys are stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    pub url: String,
    #[serde(default)]
    pub keys: KeyStorage,
}

impl Profiles {
    pub const FILE: &str = "config.toml";

    pub fn read(directory: &ConfigDir) -> Result<Self> {
        directory.read(Self::FILE)
    }

    pub fn write(&self, directory: &ConfigDir) -> Result<()> {
        directory.write(Self::FILE, self)
    }

    /// Returns a profile. Fails if it does not exist.
    pub fn get(&self, name: &str) -> Result<&Profile> {
        self.by_name.get(name).ok_or_else(|| {
            let hint = if self.by_name.is_empty() {
                "add one with gotrue profile add"
            } else {
                "list the profiles with gotrue profile list"
            };
            Failure::not_found(format!("there is no profile {name}")).hint(hint)
        })
    }
}
