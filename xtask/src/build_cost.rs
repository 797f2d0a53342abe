//! `build-cost`: clean builds for each set of features, written to the page on performance.

use std::{fs, io::Write, path::Path, process::Command, time::Instant};

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
    let mut table = String::from(
        "| features | crates | seconds | seconds of processor time | size of the target directory |\n|---|---|---|---|---|\n",
    );
    for (name, flags) in SETS {
        let Cost { crates, seconds, processor, size } = build(flags)?;
        let processor = processor.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.1}"));
        let row = format!("| {name} | {crates} | {seconds:.1} | {processor} | {:.0} MB |\n", size / 1e6);
        write!(out, "{row}")?;
        table.push_str(&row);
    }
    performance::write_part("build-cost", &table)?;
    Ok(Outcome::Fine)
}

/// The cost of a build, without downloads.
struct Cost {
    crates: usize,
    seconds: f64,
    /// The processor time in seconds, where the system tells it.
    processor: Option<f64>,
    /// The size of the target directory in bytes.
    size: f64,
}

fn build(flags: &[&str]) -> Result<Cost> {
    let folder = workspace::root().join("target/build-cost");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    cargo(&["fetch"])?;
    let (began, processor_before) = (Instant::now(), processor_seconds());
    let folder_name = folder.to_string_lossy().into_owned();
    let printed = cargo(&[&["build", "--package", "gotrue", "--lib", "--target-dir", &folder_name], flags].concat())?;
    let cost = Cost {
        crates: printed.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count(),
        seconds: began.elapsed().as_secs_f64(),
        processor: processor_seconds().zip(processor_before).map(|(after, before)| after - before),
        size: size(&folder)?,
    };
    fs::remove_dir_all(&folder)?;
    Ok(cost)
}

/// Returns the processor time of all child processes that have ended, in seconds, on Linux.
fn processor_seconds() -> Option<f64> {
    const TICKS: f64 = 100.0;

    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // After the name of the program, the fields are separated by spaces: `cutime` and `cstime` are the 14th and 15th.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(13);
    Some((times.next()?.parse::<f64>().ok()? + times.next()?.parse::<f64>().ok()?) / TICKS)
}

/// Returns the size of all files in a directory, in bytes.
fn size(directory: &Path) -> Result<f64> {
    let mut size = 0.0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        #[allow(clippy::cast_precision_loss, reason = "it is shown in megabytes")]
        let own = metadata.len() as f64;
        size += if metadata.is_dir() { self::size(&entry.path())? } else { own };
    }
    Ok(size)
}

fn cargo(arguments: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO")).current_dir(workspace::root()).args(arguments).output()?;
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(printed) } else { Err(format!("cargo {}: {printed}", arguments.join(" ")).into()) }
}
