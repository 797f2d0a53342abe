//! The Redis server that the tests of feature `redis` start.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::outcome::{Outcome, Result};

/// Installs one where there is none and Debian's tools can. Without it those tests are skipped, which is no failure.
pub fn provide(out: &mut dyn Write) -> Result<Outcome> {
    let said = if runs(&["redis-server", "--version"]) {
        "redis-server is here"
    } else if INSTALLATIONS.iter().any(|words| runs(words)) && runs(&["redis-server", "--version"]) {
        "redis-server was installed by apt-get"
    } else {
        "skipped: there is no redis-server, and apt-get could not install it; tests/redis will say so too"
    };
    writeln!(out, "{said}")?;
    Ok(Outcome::Fine)
}

/// By root, or by somebody who may become root without being asked for a password.
const INSTALLATIONS: &[&[&str]] = &[
    &["apt-get", "install", "--yes", "--no-install-recommends", "redis-server"],
    &["sudo", "--non-interactive", "apt-get", "install", "--yes", "--no-install-recommends", "redis-server"],
];

fn runs(words: &[&str]) -> bool {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
