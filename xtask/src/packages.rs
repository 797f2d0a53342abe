//! The step `packages` of `ci`: packages each crate of the workspace and builds the packages.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    outcome::{Outcome, Result},
    workspace,
};

/// Packages each crate and builds it from its package.
pub fn run() -> Result<Outcome> {
    if let Some(home) = cargo_home() {
        forget_unpacked(&home)?;
    }
    let status = Command::new("cargo")
        .args(["package", "--workspace", "--allow-dirty"])
        .current_dir(workspace::root())
        .status()?;
    Ok(Outcome::fine_if(status.success()))
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")))
}

/// Removes the packages of this workspace that Cargo unpacked when it last verified them. It never unpacks a version
/// twice, so it would build the former sources again.
fn forget_unpacked(cargo_home: &Path) -> io::Result<()> {
    let registries = match fs::read_dir(cargo_home.join("registry/src")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        registries => registries?,
    };
    for registry in registries {
        let registry = registry?;
        // A registry in a directory has no host: its name is `-` and a hash.
        if !registry.file_name().to_string_lossy().starts_with('-') {
            continue;
        }
        for package in fs::read_dir(registry.path())? {
            let package = package?;
            if package.file_name().to_string_lossy().starts_with("gotrue-") {
                fs::remove_dir_all(package.path())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_unpacked_packages_of_this_workspace_are_removed() {
        let home = env::temp_dir().join(format!("xtask-packages-{}", std::process::id()));
        let source = home.join("registry/src");
        let kept = ["index.crates.io-1949/gotrue-0.1.0", "-22c3/serde-1.0.0"];
        let removed = ["-22c3/gotrue-0.1.0", "-22c3/gotrue-openapi-0.1.0", "-6bba/gotrue-0.1.0"];
        for directory in kept.iter().chain(&removed) {
            fs::create_dir_all(source.join(directory).join("src")).unwrap();
        }
        forget_unpacked(&home).unwrap();
        assert!(kept.iter().all(|directory| source.join(directory).exists()));
        assert!(!removed.iter().any(|directory| source.join(directory).exists()));
        fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn a_home_without_registries_is_fine() {
        forget_unpacked(Path::new("no such directory")).unwrap();
    }
}
