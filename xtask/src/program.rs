//! Programs that may be missing on this machine.

use std::process::{Command, Stdio};

use crate::workspace;

/// A program that a command needs.
pub struct Program {
    pub name: &'static str,
    /// A command line that succeeds if the program can be used. It runs in the root of the workspace.
    pub probe: &'static [&'static str],
    /// Command lines that install it; the first that succeeds ends the attempt.
    pub install: &'static [&'static [&'static str]],
}

impl Program {
    /// Returns whether the program can be used, after an attempt to install it if it is missing.
    pub fn provide(&self) -> bool {
        succeeds(self.probe) || (self.install.iter().any(|words| succeeds(words)) && succeeds(self.probe))
    }
}

fn succeeds(words: &[&str]) -> bool {
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A probe must not install a toolchain, and an installation must not ask questions.
    command.env("RUSTUP_AUTO_INSTALL", "0").env("DEBIAN_FRONTEND", "noninteractive");
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_not_provided() {
        let program = |probe| Program { name: "x", probe, install: &[&["no-such-program"], &["false"], &["true"]] };
        assert!(program(&["true"]).provide());
        assert!(!program(&["false"]).provide());
        assert!(!program(&["no-such-program"]).provide());
    }
}
