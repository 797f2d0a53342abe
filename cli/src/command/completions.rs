//! `gotrue completions`: shell completions.

use std::io::Write;

use clap::Command;
use clap_complete::Shell;

use crate::failure::Result;

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// Shell to write the script for
    shell: Shell,
}

impl Completions {
    pub fn run(self, mut cli: Command) -> Result<()> {
        // Into memory first: clap panics when the pipe is closed.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut cli, "gotrue", &mut script);
        Ok(std::io::stdout().write_all(&script)?)
    }
}
