//! `bench`: short benchmarks, written to the page on performance.

use std::{fs, io::Write, path::PathBuf, process::Command};

use serde_json::Value;

use crate::{
    outcome::{Outcome, Result},
    performance::{self, Goal, Row, Unit},
    workspace,
};

/// Arguments of criterion: enough samples for a ratio, in a short time.
const SHORT: [&str; 4] = ["--warm-up-time", "1", "--measurement-time", "3"];

/// A measurement of time: the directories of criterion for this crate and for the baseline.
struct Timed {
    name: &'static str,
    baseline: &'static str,
    ours: &'static str,
    goal: Goal,
}

const TIMED: &[Timed] = &[
    Timed {
        name: "get_user, one in flight, vs. reqwest and serde",
        baseline: "get_user_1/reqwest",
        ours: "get_user_1/gotrue",
        goal: Goal::AtMost(1.05),
    },
    Timed {
        name: "get_user, 64 in flight, vs. reqwest and serde",
        baseline: "get_user_64/reqwest",
        ours: "get_user_64/gotrue",
        goal: Goal::ThroughputAtLeast(0.97),
    },
    Timed {
        name: "sign_in, one in flight, vs. reqwest and serde",
        baseline: "sign_in_1/reqwest",
        ours: "sign_in_1/gotrue",
        goal: Goal::AtMost(1.05),
    },
    Timed {
        name: "sign_in, 64 in flight, vs. reqwest and serde",
        baseline: "sign_in_64/reqwest",
        ours: "sign_in_64/gotrue",
        goal: Goal::ThroughputAtLeast(0.97),
    },
    Timed {
        name: "token verification, vs. jsonwebtoken",
        baseline: "verification/jsonwebtoken",
        ours: "verification/JwtVerifier",
        goal: Goal::AtMost(1.1),
    },
    Timed {
        name: "a valid token, one thread, vs. cloning it",
        baseline: "access_token/clone",
        ours: "access_token/SessionManager_1",
        goal: Goal::NanosecondsAtMost(200.0),
    },
    Timed {
        name: "a valid token, eight threads, vs. one thread",
        baseline: "access_token/SessionManager_1",
        ours: "access_token/SessionManager_8",
        goal: Goal::NanosecondsAtMost(200.0),
    },
    Timed {
        name: "1,000 callers with an expired token, vs. one refresh each",
        baseline: "expired_token/a refresh for each",
        ours: "expired_token/SessionManager",
        goal: Goal::AtMost(1.0),
    },
    Timed {
        name: "a request through the axum layers, vs. jsonwebtoken in the handler",
        baseline: "axum/jsonwebtoken",
        ours: "axum/VerifyLayer",
        goal: Goal::AtMost(1.1),
    },
];

/// The counters of the benchmark `memory`, by their names in its output.
const COUNTED: &[(&str, &str, Unit, Goal)] = &[
    ("allocations/get_user", "allocations of get_user, vs. reqwest and serde", Unit::Count, Goal::AtMost(1.2)),
    ("allocations/sign_in", "allocations of sign_in, vs. reqwest and serde", Unit::Count, Goal::AtMost(1.2)),
    (
        "peak bytes/10,000 users",
        "peak memory while streaming 10,000 users, vs. one page",
        Unit::Bytes,
        Goal::AtMost(1.5),
    ),
];

/// Runs the benchmarks and writes the page.
pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    let criterion = workspace::root().join("target/criterion");
    if criterion.exists() {
        // Results of an earlier run must not be reported as results of this one.
        fs::remove_dir_all(&criterion)?;
    }
    cargo(&["bench", "--all-features", "--bench", "calls", "--bench", "services", "--bench", "tokens", "--"], &SHORT)?;
    let counted = cargo(&["bench", "--all-features", "--bench", "memory"], &[])?;
    let mut rows = Vec::new();
    for timed in TIMED {
        let (ours, baseline) = (nanoseconds(&criterion, timed.ours)?, nanoseconds(&criterion, timed.baseline)?);
        rows.push(Row::new(timed.name, Unit::Nanoseconds, ours, baseline, timed.goal));
    }
    for (line, name, unit, goal) in COUNTED {
        let (ours, baseline) = count(&counted, line)?;
        rows.push(Row::new(name, *unit, ours, baseline, *goal));
    }
    performance::write_rows(&rows)?;
    for row in &rows {
        writeln!(out, "{row}")?;
    }
    Ok(Outcome::fine_if(rows.iter().all(Row::is_met)))
}

/// Runs Cargo and returns its standard output.
fn cargo(arguments: &[&str], more: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO")).current_dir(workspace::root()).args(arguments).args(more).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("cargo {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into())
}

/// Returns the median that criterion has measured.
fn nanoseconds(criterion: &std::path::Path, folder: &str) -> Result<f64> {
    let file: PathBuf = criterion.join(folder).join("new/estimates.json");
    let estimates: Value = serde_json::from_str(&workspace::read(&file)?)?;
    estimates["median"]["point_estimate"].as_f64().ok_or_else(|| format!("{}: no median", file.display()).into())
}

/// Returns the two numbers of a line: this crate and the baseline.
fn count(printed: &str, name: &str) -> Result<(f64, f64)> {
    let numbers = printed.lines().find_map(|line| {
        let (ours, baseline) = line.strip_prefix(name)?.strip_prefix('\t')?.split_once('\t')?;
        Some((ours.parse().ok()?, baseline.parse().ok()?))
    });
    numbers.ok_or_else(|| format!("the output of the benchmark `memory` has no line {name}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_counts() {
        let printed = "allocations/get_user\t90\t81\nother\t1\t2\n";
        assert_eq!(count(printed, "allocations/get_user").unwrap(), (90.0, 81.0));
        assert!(count(printed, "allocations/sign_in").is_err());
    }
}
