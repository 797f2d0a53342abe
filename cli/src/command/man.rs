//! `gotrue man`: the manual pages.

use std::{fs, path::PathBuf};

use clap::Command;

use crate::failure::Result;

/// Write the manual pages to a directory.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Directory to write to; created if it does not exist
    directory: PathBuf,
}

impl Man {
    pub fn run(self, cli: Command) -> Result<()> {
        fs::create_dir_all(&self.directory)?;
        Ok(clap_mangen::generate_to(cli, self.directory)?)
    }
}
