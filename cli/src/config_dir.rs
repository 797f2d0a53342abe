//! The configuration directory and its files.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use directories::ProjectDirs;
use gotrue::url::form_urlencoded;
use serde::{Serialize, de::DeserializeOwned};

use crate::failure::{Exit, Failure, Result};

/// The configuration directory: `GOTRUE_CONFIG_DIR`, or the platform's default.
#[derive(Clone, Debug)]
pub struct ConfigDir(PathBuf);

/// The owner of a stored session.
#[derive(Clone, Copy, Debug)]
pub enum SessionOwner<'a> {
    Profile(&'a str),
    /// A server, by its URL.
    Server(&'a str),
}

impl ConfigDir {
    pub fn find() -> Result<Self> {
        if let Some(directory) = env::var_os("GOTRUE_CONFIG_DIR").filter(|directory| !directory.is_empty()) {
            return Ok(Self(directory.into()));
        }
        let directories = ProjectDirs::from("", "", "gotrue").ok_or_else(|| {
            Failure::new(Exit::Refused, "there is no home directory").hint("set GOTRUE_CONFIG_DIR to a directory")
        })?;
        Ok(Self(directories.config_local_dir().to_owned()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of a file in the directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Returns the path of a session file. No two owners share one.
    pub fn session_file(&self, owner: SessionOwner<'_>) -> PathBuf {
        let (kind, name) = match owner {
            SessionOwner::Profile(name) => ("profile", name),
            SessionOwner::Server(url) => ("server", url),
        };
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        self.0.join("sessions").join(format!("{kind}-{name}.json"))
    }

    /// Locks the directory against other processes that change it, until the returned file is dropped.
    pub fn lock(&self) -> Result<File> {
        let path = self.file("lock");
        let lock = || {
            fs::create_dir_all(&self.0)?;
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|error: io::Error| Failure::from(error).during(path.display()))
    }

    /// Reads a TOML file. Returns the default if the file does not exist.
    pub fn read<T: Default + DeserializeOwned>(&self, name: &str) -> Result<T> {
        let path = self.file(name);
        // Reading from a pipe would wait for a writer.
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Failure::new(Exit::Refused, format!("{}: not a regular file", path.display())));
        }
        match fs::read_to_string(&path) {
            // Only the line number: an excerpt could contain a key.
            Ok(text) => toml::from_str(&text).map_err(|error| {
                let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
                Failure::new(Exit::Refused, format!("{}, line {line}: {}", path.display(), error.message()))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
            Err(error) => Err(Failure::from(error).during(path.display())),
        }
    }

    /// Replaces a TOML file atomically. Only its owner can read it. A file that cannot be replaced, such as a single file
    /// mounted into a container, is written in place.
    pub fn write(&self, name: &str, contents: &impl Serialize) -> Result<()> {
        let text = toml::to_string_pretty(contents).map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        let write = || {
            fs::create_dir_all(&self.0)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            match file.persist(self.file(name)) {
                Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => fs::write(self.file(name), &text),
                Err(error) => Err(error.error),
                Ok(_) => Ok(()),
            }
        };
        write().map_err(|error| Failure::from(error).during(self.file(name).display()))
    }
}
