//! Regular files that only their owner can read and write (mode 0600 on Unix).

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

/// Opens a file for writing, or creates it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    expect_regular(path)?;
    options().create(true).truncate(false).open(path)
}

/// Creates a file that must not exist yet. A symbolic link of this name is not followed.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

/// Opens an existing file for writing, and removes the permissions of other users.
pub(super) fn open_existing(path: &Path) -> io::Result<File> {
    expect_regular(path)?;
    let file = options().open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}

/// Fails for a directory, pipe, socket, device or symbolic link: opening one may block, and writing to one may destroy
/// something else. A missing file is fine.
pub(super) fn expect_regular(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} is not a regular file", path.display())))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}
