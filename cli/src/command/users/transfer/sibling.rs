//! The files that a transfer writes next to the file of users.

use std::path::{Path, PathBuf};

/// Returns the path with an ending added to the file's name: `users.csv` becomes `users.csv.part`.
pub fn sibling(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
