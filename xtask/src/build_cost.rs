//! `build-cost`: clean builds of an empty application for each set of features, and for another client in the same run,
//! written to the page on performance.

use std::{
    collections::HashSet,
    fs::{self, Metadata},
    io::Write,
    path::Path,
    process::Command,
    time::Instant,
};

use crate::{
    outcome::{Outcome, Result},
    performance, workspace,
};

/// The features that are not default ones. Each is measured by itself, and then all of them together.
const FEATURES: [&str; 12] = [
    "axum",
    "hooks",
    "keyring",
    "loopback",
    "postgres",
    "redis",
    "redis-cluster",
    "redis-sentinel",
    "schemars",
    "tower",
    "trace-context",
    "web",
];

/// Another client, and its version, whose cost is the goal for the default features.
const PEER: (&str, &str) = ("rp-supabase-auth", "0.12.0");

/// Builds an application for each set of features, and writes the table.
pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    let mut table = String::from(
        "| what | crates | seconds | seconds of processor time | size of the target directory |\n|---|---|---|---|---|\n",
    );
    let mut add = |name: &str, cost: &Cost| -> Result<()> {
        let processor = cost.processor.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.1}"));
        let (crates, seconds, size) = (cost.crates, cost.seconds, cost.size / 1e6);
        let row = format!("| {name} | {crates} | {seconds:.1} | {processor} | {size:.0} MB |\n");
        write!(out, "{row}")?;
        table.push_str(&row);
        Ok(())
    };
    let (peer, version) = PEER;
    add(&format!("{peer} {version}"), &build(&format!("{peer} = \"={version}\""), None)?)?;
    let lock = workspace::root().join("Cargo.lock");
    let path = workspace::root().display();
    let mut add_ours = |name: &str, options: &str| -> Result<()> {
        add(name, &build(&format!("gotrue = {{ path = '{path}'{options} }}"), Some(&lock))?)
    };
    add_ours("default", "")?;
    add_ours("none, so without TLS", ", default-features = false")?;
    for feature in FEATURES {
        add_ours(&format!("default, `{feature}`"), &format!(", features = ['{feature}']"))?;
    }
    add_ours("all", &format!(", features = ['{}']", FEATURES.join("', '")))?;
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

/// Builds an application with one dependency, in a directory that is then removed.
fn build(dependency: &str, lock: Option<&Path>) -> Result<Cost> {
    let directory = workspace::root().join("target/build-cost");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(directory.join("src"))?;
    workspace::write(&directory.join("src/main.rs"), "fn main() {}\n")?;
    let package = "[package]\nname = \"application\"\nversion = \"0.0.0\"\nedition = \"2024\"";
    let manifest = format!("{package}\n\n[dependencies]\n{dependency}\n\n[workspace]\n");
    workspace::write(&directory.join("Cargo.toml"), &manifest)?;
    if let Some(lock) = lock {
        fs::copy(lock, directory.join("Cargo.lock"))?;
    }
    cargo(&directory, &["fetch"])?;
    let (start, processor_before) = (Instant::now(), processor_seconds());
    let printed = cargo(&directory, &["build", "--target-dir", "target"])?;
    let (seconds, processor) = (start.elapsed().as_secs_f64(), processor_seconds());
    let compiled = printed.lines().filter(|line| line.trim_start().starts_with("Compiling "));
    let cost = Cost {
        // Without the application.
        crates: compiled.count().saturating_sub(1),
        seconds,
        processor: processor.zip(processor_before).map(|(after, before)| after - before),
        size: size(&directory.join("target"), &mut HashSet::new())?,
    };
    fs::remove_dir_all(&directory)?;
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

/// Returns the size of all files in a directory, in bytes. Cargo gives many files two names; `seen` contains those that
/// have been counted.
fn size(directory: &Path, seen: &mut HashSet<(u64, u64)>) -> Result<f64> {
    let mut size = 0.0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            size += self::size(&entry.path(), seen)?;
        } else if is_new(&metadata, seen) {
            #[allow(clippy::cast_precision_loss, reason = "it is shown in megabytes")]
            let own = metadata.len() as f64;
            size += own;
        }
    }
    Ok(size)
}

/// Returns whether the file has not been counted under another name, where the system tells.
#[cfg(unix)]
fn is_new(metadata: &Metadata, seen: &mut HashSet<(u64, u64)>) -> bool {
    use std::os::unix::fs::MetadataExt;

    seen.insert((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn is_new(_: &Metadata, _: &mut HashSet<(u64, u64)>) -> bool {
    true
}

fn cargo(directory: &Path, arguments: &[&str]) -> Result<String> {
    // A dependency from a registry is not built incrementally either.
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(directory).args(arguments).env("CARGO_INCREMENTAL", "0");
    let output = command.output()?;
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(printed) } else { Err(format!("cargo {}: {printed}", arguments.join(" ")).into()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_file_with_two_names_counts_once() {
        let directory = tempfile::tempdir().unwrap();
        let (file, deeper) = (directory.path().join("a"), directory.path().join("deeper"));
        fs::create_dir(&deeper).unwrap();
        fs::write(&file, [0; 1_000]).unwrap();
        fs::write(deeper.join("b"), [0; 10]).unwrap();
        fs::hard_link(&file, deeper.join("a")).unwrap();
        let expected = if cfg!(unix) { 1_010.0 } else { 2_010.0 };
        assert!((size(directory.path(), &mut HashSet::new()).unwrap() - expected).abs() < 0.5);
    }

    #[test]
    fn every_feature_is_measured() {
        let manifest = workspace::read(&workspace::root().join("Cargo.toml")).unwrap();
        let (_, features) = manifest.split_once("\n[features]\n").unwrap();
        let (features, _) = features.split_once("\n[").unwrap();
        let names = features.lines().filter_map(|line| line.split_once(" = [").map(|(name, _)| name));
        let expected: BTreeSet<&str> = FEATURES.into_iter().chain(["default", "rustls"]).collect();
        assert_eq!(names.collect::<BTreeSet<_>>(), expected);
    }
}
