//! The directory of the command's files.

use std::{
    env, fs,
    io::{self, Write},
    path::PathBuf,
};

use directories::ProjectDirs;
use gotrue::url::form_urlencoded;
use serde::{Serialize, de::DeserializeOwned};

use crate::failure::{Exit, Failure, Result};

/// Where everything of ours is: `GOTRUE_CONFIG_DIR`, or the platform's own place.
#[derive(Clone, Debug)]
pub struct ConfigDir(PathBuf);

/// Whose a session is.
#[derive(Clone, Copy, Debug)]
pub enum SessionOf<'a> {
    Profile(&'a str),
    /// Of a server that was named by its URL.
    Server(&'a str),
}

impl ConfigDir {
    pub fn find() -> Result<Self> {
        if let Some(folder) = env::var_os("GOTRUE_CONFIG_DIR").filter(|folder| !folder.is_empty()) {
            return Ok(Self(folder.into()));
        }
        let folders = ProjectDirs::from("", "", "gotrue").ok_or_else(|| {
            Failure::new(Exit::Refused, "there is no home folder").hint("set GOTRUE_CONFIG_DIR to a folder")
        })?;
        Ok(Self(folders.config_local_dir().to_owned()))
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The session of a profile, or else of a server. No two of them share a file.
    pub fn session_file(&self, of: SessionOf<'_>) -> PathBuf {
        let (kind, name) = match of {
            SessionOf::Profile(name) => ("profile", name),
            SessionOf::Server(url) => ("server", url),
        };
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        self.0.join("sessions").join(format!("{kind}-{name}.json"))
    }

    /// A file of ours, or what there is without one.
    pub fn read<T: Default + DeserializeOwned>(&self, name: &str) -> Result<T> {
        let path = self.file(name);
        match fs::read_to_string(&path) {
            // Only where it is: an excerpt could hold a key.
            Ok(text) => toml::from_str(&text).map_err(|error| {
                let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
                Failure::new(Exit::Refused, format!("{}, line {line}: {}", path.display(), error.message()))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
            Err(error) => Err(Failure::from(error).during(path.display())),
        }
    }

    /// Replaces a file as a whole, for its owner only. Whoever is killed in here leaves the old one or the new one.
    pub fn write(&self, name: &str, contents: &impl Serialize) -> Result<()> {
        let text = toml::to_string_pretty(contents).map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        let write = || {
            fs::create_dir_all(&self.0)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(self.file(name)).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error| Failure::from(error).during(self.file(name).display()))
    }
}
