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
        goal: Goal::ThroughputAtLeast(1.0),
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
        goal: Goal::ThroughputAtLeast(1.0),
    },
    Timed {
        name: "a refresh, one in flight, vs. reqwest and serde",
        baseline: "refresh_1/reqwest",
        ours: "refresh_1/gotrue",
        goal: Goal::AtMost(1.05),
    },
    Timed {
        name: "a refresh, 64 in flight, vs. reqwest and serde",
        baseline: "refresh_64/reqwest",
        ours: "refresh_64/gotrue",
        goal: Goal::ThroughputAtLeast(1.0),
    },
    Timed {
        name: "a list of 50 users, one in flight, vs. reqwest and serde",
        baseline: "list_users_1/reqwest",
        ours: "list_users_1/gotrue",
        goal: Goal::AtMost(1.05),
    },
    Timed {
        name: "a list of 50 users, 64 in flight, vs. reqwest and serde",
        baseline: "list_users_64/reqwest",
        ours: "list_users_64/gotrue",
        goal: Goal::ThroughputAtLeast(1.0),
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
    Timed {
        name: "a request with a session in `SsrCookies`, vs. a bare handler",
        baseline: "session/bare handler",
        ours: "session/SsrCookies",
        goal: Goal::NanosecondsAtMost(100_000.0),
    },
    Timed {
        name: "a request with a session in `SealedCookies`, vs. a bare handler",
        baseline: "session/bare handler",
        ours: "session/SealedCookies",
        goal: Goal::NanosecondsAtMost(100_000.0),
    },
];

/// A counter that a benchmark prints.
struct Counted {
    /// Its name in the output.
    line: &'static str,
    name: &'static str,
    unit: Unit,
    goal: Goal,
}

/// The counters of the benchmark `instructions`, which needs valgrind.
const INSTRUCTIONS: &[Counted] = &[
    Counted {
        line: "instructions/get_user",
        name: "get_user, vs. reqwest and serde",
        unit: Unit::Instructions,
        goal: Goal::AtMost(1.0),
    },
    Counted {
        line: "instructions/sign_in",
        name: "sign_in, vs. reqwest and serde",
        unit: Unit::Instructions,
        goal: Goal::AtMost(1.0),
    },
    Counted {
        line: "instructions/refresh",
        name: "a refresh, vs. reqwest and serde",
        unit: Unit::Instructions,
        goal: Goal::AtMost(1.0),
    },
    Counted {
        line: "instructions/list_users",
        name: "a list of 50 users, vs. reqwest and serde",
        unit: Unit::Instructions,
        goal: Goal::AtMost(1.0),
    },
    Counted {
        line: "instructions/verification",
        name: "token verification, vs. jsonwebtoken",
        unit: Unit::Instructions,
        goal: Goal::AtMost(1.1),
    },
    Counted {
        line: "instructions/access_token",
        name: "a valid token, vs. cloning it",
        unit: Unit::Instructions,
        goal: Goal::InstructionsAtMost(1_000.0),
    },
];

/// The counters of the benchmark `memory`.
const MEMORY: &[Counted] = &[
    Counted {
        line: "allocations/get_user",
        name: "allocations of get_user, vs. reqwest and serde",
        unit: Unit::Count,
        goal: Goal::MoreByAtMost(5.0),
    },
    Counted {
        line: "allocations/sign_in",
        name: "allocations of sign_in, vs. reqwest and serde",
        unit: Unit::Count,
        goal: Goal::MoreByAtMost(5.0),
    },
    Counted {
        line: "peak bytes/10,000 users",
        name: "peak memory while streaming 10,000 users, vs. one page",
        unit: Unit::Bytes,
        goal: Goal::AtMost(1.5),
    },
];

/// Runs the benchmarks and writes the page.
pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    let criterion = workspace::root().join("target/criterion");
    if criterion.exists() {
        // Results of an earlier run must not be reported as results of this one.
        fs::remove_dir_all(&criterion)?;
    }
    let mut rows = Vec::new();
    if Command::new("valgrind").arg("--version").output().is_ok() {
        rows.extend(counters("instructions", INSTRUCTIONS)?);
    } else {
        writeln!(out, "skipped: instructions (valgrind is not installed)")?;
    }
    cargo(&["bench", "--all-features", "--bench", "calls", "--bench", "services", "--bench", "tokens", "--"], &SHORT)?;
    for timed in TIMED {
        let (ours, baseline) = (nanoseconds(&criterion, timed.ours)?, nanoseconds(&criterion, timed.baseline)?);
        rows.push(Row::new(timed.name, Unit::Nanoseconds, ours, baseline, timed.goal));
    }
    rows.extend(counters("memory", MEMORY)?);
    performance::write_rows(&rows)?;
    for row in &rows {
        writeln!(out, "{row}")?;
    }
    Ok(Outcome::fine_if(rows.iter().all(Row::is_met)))
}

/// Runs a benchmark that prints counters.
fn counters(benchmark: &str, counters: &[Counted]) -> Result<Vec<Row>> {
    let printed = cargo(&["bench", "--all-features", "--bench", benchmark], &[])?;
    let row = |counter: &Counted| {
        let (ours, baseline) = count(&printed, benchmark, counter.line)?;
        Ok(Row::new(counter.name, counter.unit, ours, baseline, counter.goal))
    };
    counters.iter().map(row).collect()
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
fn count(printed: &str, benchmark: &str, name: &str) -> Result<(f64, f64)> {
    let numbers = printed.lines().find_map(|line| {
        let (ours, baseline) = line.strip_prefix(name)?.strip_prefix('\t')?.split_once('\t')?;
        Some((ours.parse().ok()?, baseline.parse().ok()?))
    });
    numbers.ok_or_else(|| format!("the output of the benchmark `{benchmark}` has no line {name}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_counts() {
        let printed = "allocations/get_user\t90\t81\nother\t1\t2\n";
        assert_eq!(count(printed, "memory", "allocations/get_user").unwrap(), (90.0, 81.0));
        assert!(count(printed, "memory", "allocations/sign_in").is_err());
    }
}
