//! `codegen`: the output of the build script, to read and to compare.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use similar::TextDiff;

use crate::{
    outcome::{Outcome, Result},
    workspace,
};

const PACKAGE: &str = "gotrue";

/// The files that the build script writes.
const FILES: [&str; 4] = ["types.rs", "open.rs", "operations.rs", "client.rs"];

/// Prints all files.
pub fn print(out: &mut dyn Write) -> Result<Outcome> {
    for (name, code) in generated()? {
        writeln!(out, "// {name}\n\n{code}")?;
    }
    Ok(Outcome::Fine)
}

/// Writes the files to a directory.
pub fn emit(directory: &Path, out: &mut dyn Write) -> Result<Outcome> {
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", workspace::shown(directory)))?;
    for (name, code) in generated()? {
        let file = directory.join(name);
        workspace::write(&file, &code)?;
        writeln!(out, "wrote {}", workspace::shown(&file))?;
    }
    Ok(Outcome::Fine)
}

/// Shows the differences between the code and the files in a directory.
pub fn diff(directory: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let mut same = true;
    for (name, code) in generated()? {
        let file = directory.join(name);
        let before = workspace::read(&file)?;
        same &= before == code;
        let diff = TextDiff::from_lines(&before, &code);
        write!(out, "{}", diff.unified_diff().header(&workspace::shown(&file), &format!("generated {name}")))?;
    }
    Ok(Outcome::fine_if(same))
}

/// Returns the files with their names. The build script runs only if its inputs have changed.
fn generated() -> Result<Vec<(&'static str, String)>> {
    let directory = out_dir()?;
    FILES.into_iter().map(|name| Ok((name, workspace::read(&directory.join(name))?))).collect()
}

/// Returns the output directory of the build script.
fn out_dir() -> Result<PathBuf> {
    let id = cargo(&["pkgid", "-p", PACKAGE])?;
    let messages = cargo(&["check", "--quiet", "--message-format=json", "-p", PACKAGE])?;
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let message = messages.find(|m| m["reason"] == "build-script-executed" && m["package_id"] == id.trim());
    let directory = message.as_ref().and_then(|message| message["out_dir"].as_str());
    Ok(directory.ok_or("cargo check did not say where the build script wrote")?.into())
}

/// Runs Cargo and returns its standard output. Its standard error passes through.
fn cargo(arguments: &[&str]) -> Result<String> {
    let output =
        Command::new("cargo").args(arguments).current_dir(workspace::root()).stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("cargo {} failed", arguments.join(" ")).into())
    }
}
