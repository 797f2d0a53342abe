//! `build-cost`: clean builds for each set of features, written to the page on performance.

use std::{fs, io::Write, process::Command, time::Instant};

use crate::{
    outcome::{Outcome, Result},
    performance, workspace,
};

/// The sets of features, each with its name and the flags of Cargo.
const SETS: &[(&str, &[&str])] = &[
    ("none, so without TLS", &["--no-default-features"]),
    ("default", &[]),
    ("default, `tower`", &["--features", "tower"]),
    ("default, `axum`", &["--features", "axum"]),
    ("default, `loopback`", &["--features", "loopback"]),
    ("default, `keyring`", &["--features", "keyring"]),
    ("default, `postgres`", &["--features", "postgres"]),
    ("default, `redis`", &["--features", "redis"]),
    ("default, `redis-cluster`", &["--features", "redis-cluster"]),
    ("default, `redis-sentinel`", &["--features", "redis-sentinel"]),
    ("default, `schemars`", &["--features", "schemars"]),
    ("default, `trace-context`", &["--features", "trace-context"]),
    ("all", &["--all-features"]),
];

/// Builds each set in a directory that is then removed, and writes the table.
pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    let mut table = String::from("| features | crates | seconds |\n|---|---|---|\n");
    for (name, flags) in SETS {
        let (crates, seconds) = build(flags)?;
        let row = format!("| {name} | {crates} | {seconds:.1} |\n");
        write!(out, "{row}")?;
        table.push_str(&row);
    }
    performance::write_part("build-cost", &table)?;
    Ok(Outcome::Fine)
}

/// Returns the number of crates compiled and the seconds of the build, without the time of downloads.
fn build(flags: &[&str]) -> Result<(usize, f64)> {
    let folder = workspace::root().join("target/build-cost");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    cargo(&["fetch"])?;
    let began = Instant::now();
    let folder_name = folder.to_string_lossy().into_owned();
    let printed = cargo(&[&["build", "--package", "gotrue", "--lib", "--target-dir", &folder_name], flags].concat())?;
    let seconds = began.elapsed().as_secs_f64();
    fs::remove_dir_all(&folder)?;
    Ok((printed.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count(), seconds))
}

fn cargo(arguments: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO")).current_dir(workspace::root()).args(arguments).output()?;
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(printed) } else { Err(format!("cargo {}: {printed}", arguments.join(" ")).into()) }
}
