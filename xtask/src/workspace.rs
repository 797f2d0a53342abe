//! The files of this repository.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::outcome::Result;

/// Returns the root of the workspace.
pub fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

pub fn document() -> PathBuf {
    root().join("openapi/gotrue.yaml")
}

/// Returns the examples of the server's document.
pub fn examples() -> PathBuf {
    root().join("openapi/examples.yaml")
}

/// Returns the documents: of the server, and of the hooks that it calls.
pub fn documents() -> [PathBuf; 2] {
    [document(), root().join("openapi/hooks.yaml")]
}

pub fn digest() -> PathBuf {
    root().join("openapi/upstream-digest.txt")
}

pub fn server_digest() -> PathBuf {
    root().join("xtask/data/server-digest.txt")
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", shown(path)).into())
}

pub fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", shown(path)).into())
}

/// Returns the files with an extension below a directory, sorted.
pub fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut files = files_in(directory, extension)?;
    for path in entries(directory)?.iter().filter(|path| path.is_dir()) {
        files.extend(self::files(path, extension)?);
    }
    files.sort();
    Ok(files)
}

/// Returns the files with an extension in a directory, sorted, without those of its subdirectories.
pub fn files_in(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut files = entries(directory)?;
    files.retain(|path| path.is_file() && path.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).map_err(|error| format!("{}: {error}", shown(directory)))?;
    Ok(entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<_>>()?)
}

/// Returns a path relative to the current directory, if it is below it.
pub fn shown(path: &Path) -> String {
    let here = env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).display().to_string()
}
