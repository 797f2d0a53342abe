//! The profiles: servers by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    config_dir::ConfigDir,
    failure::{Failure, Result},
    keys::KeyStorage,
};

/// The profiles: `config.toml`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Profiles {
    /// The name of the one in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
}

/// A server, and where its keys are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    pub url: String,
    #[serde(default)]
    pub keys: KeyStorage,
}

impl Profiles {
    const FILE: &str = "config.toml";

    pub fn read(folder: &ConfigDir) -> Result<Self> {
        folder.read(Self::FILE)
    }

    pub fn write(&self, folder: &ConfigDir) -> Result<()> {
        folder.write(Self::FILE, self)
    }

    pub fn profile(&self, name: &str) -> Result<&Profile> {
        self.profiles.get(name).ok_or_else(|| {
            let hint = if self.profiles.is_empty() {
                "gotrue profile add makes one"
            } else {
                "gotrue profile list shows them"
            };
            Failure::not_found(format!("there is no profile {name}")).hint(hint)
        })
    }
}
