//! `record`: exchanges with a server, by the package `tests/recorder`.
//!
//! A package of its own, because it is a client, and the tools of this package should not take long to build.

use std::{ffi::OsString, process::Command};

use crate::{
    outcome::{Outcome, Result},
    workspace,
};

/// Runs the recorder with these arguments.
pub fn run(arguments: &[OsString]) -> Result<Outcome> {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--manifest-path"]).arg(workspace::root().join("Cargo.toml"));
    // In the present directory, to which the paths are relative.
    let status = command.args(["-p", "gotrue-test-recorder", "--"]).args(arguments).status()?;
    if status.success() { Ok(Outcome::Fine) } else { Err("nothing was recorded".into()) }
}
