//! What packages install besides the command: completions and manual pages.

use std::{fs, io::Write, path::PathBuf};

use clap::Command;
use clap_complete::Shell;

use crate::failure::Result;

/// Prints a script that completes the command in a shell.
#[derive(Debug, clap::Args)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, mut cli: Command) -> Result<()> {
        // Into memory first: clap panics when its reader has gone.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut cli, "gotrue", &mut script);
        Ok(std::io::stdout().write_all(&script)?)
    }
}

/// Writes the manual pages to a directory.
#[derive(Debug, clap::Args)]
pub struct Man {
    directory: PathBuf,
}

impl Man {
    pub fn run(self, cli: Command) -> Result<()> {
        fs::create_dir_all(&self.directory)?;
        Ok(clap_mangen::generate_to(cli, self.directory)?)
    }
}
