//! The page on performance: two tables, each written by the command that measures it.

use std::{
    fmt::{self, Write},
    fs,
    path::PathBuf,
};

use crate::{outcome::Result, workspace};

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Instructions,
    Nanoseconds,
    Count,
    Bytes,
}

/// The condition that a row must meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// This crate divided by the baseline.
    AtMost(f64),
    /// The baseline's time divided by the time of this crate.
    ThroughputAtLeast(f64),
    /// This crate minus the baseline.
    MoreByAtMost(f64),
    /// This crate alone.
    NanosecondsAtMost(f64),
    /// This crate alone.
    InstructionsAtMost(f64),
}

/// A measurement with its baseline.
#[derive(Debug)]
pub struct Row {
    name: &'static str,
    unit: Unit,
    ours: f64,
    baseline: f64,
    goal: Goal,
}

impl Row {
    pub fn new(name: &'static str, unit: Unit, ours: f64, baseline: f64, goal: Goal) -> Self {
        Self { name, unit, ours, baseline, goal }
    }

    pub fn is_met(&self) -> bool {
        match self.goal {
            Goal::AtMost(ratio) => self.ours / self.baseline <= ratio,
            Goal::ThroughputAtLeast(ratio) => self.baseline / self.ours >= ratio,
            Goal::MoreByAtMost(most) => self.ours - self.baseline <= most,
            Goal::NanosecondsAtMost(most) | Goal::InstructionsAtMost(most) => self.ours <= most,
        }
    }

    fn goal(&self) -> String {
        match self.goal {
            Goal::AtMost(ratio) => format!("ratio ≤ {ratio}"),
            Goal::ThroughputAtLeast(ratio) => format!("throughput ≥ {ratio}"),
            Goal::MoreByAtMost(most) => format!("≤ baseline + {most}"),
            Goal::NanosecondsAtMost(most) => format!("≤ {most} ns"),
            Goal::InstructionsAtMost(most) => format!("≤ {most} instructions"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ours, baseline) = (shown(self.unit, self.ours), shown(self.unit, self.baseline));
        let met = if self.is_met() { "met" } else { "missed" };
        let (name, ratio, goal) = (self.name, self.ours / self.baseline, self.goal());
        write!(f, "| {name} | {ours} | {baseline} | {ratio:.3} | {goal} | {met} |")
    }
}

fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Instructions if value >= 1e4 => format!("{:.1} k instructions", value / 1e3),
        Unit::Instructions => format!("{value:.0} instructions"),
        Unit::Count => format!("{value:.0}"),
        Unit::Bytes => format!("{:.2} MB", value / 1e6),
        Unit::Nanoseconds if value >= 1e6 => format!("{:.2} ms", value / 1e6),
        Unit::Nanoseconds if value >= 1e3 => format!("{:.2} µs", value / 1e3),
        Unit::Nanoseconds => format!("{value:.0} ns"),
    }
}

/// Writes the table of measurements.
pub fn write_rows(rows: &[Row]) -> Result<()> {
    let mut table = String::from("| what | gotrue | baseline | ratio | goal | |\n|---|---|---|---|---|---|\n");
    for row in rows {
        writeln!(table, "{row}")?;
    }
    write_part("bench", &table)
}

/// Replaces one part of the page, with the machine and the day, and leaves the rest unchanged.
pub fn write_part(name: &str, table: &str) -> Result<()> {
    let page = page();
    let text = workspace::read(&page)?;
    let part = format!("{}\n\n{table}", machine());
    workspace::write(&page, &with_part(&text, name, &part)?)
}

fn page() -> PathBuf {
    workspace::root().join("docs/performance.md")
}

fn with_part(text: &str, name: &str, part: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let missing = || format!("docs/performance.md: no part {name}");
    let (before, rest) = text.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n{part}\n{end}{after}"))
}

/// Returns the machine and the day of the measurement, as far as they are known.
fn machine() -> String {
    let first = |file: &str, field: &str| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(field))?;
        Some(line.split_once([':', '='])?.1.trim().trim_matches('"').to_owned())
    };
    let cpu = first("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let system = first("/etc/os-release", "PRETTY_NAME").unwrap_or_else(|| std::env::consts::OS.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let day = chrono::Utc::now().date_naive();
    format!("Measured on {day}: {cpu}, {cores} cores, {system}, {}.", rustc())
}

fn rustc() -> String {
    let output = std::process::Command::new("rustc").arg("--version").output();
    output.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_or_missed() {
        let row = |ours, goal| Row::new("x", Unit::Nanoseconds, ours, 100.0, goal);
        assert!(row(105.0, Goal::AtMost(1.05)).is_met() && !row(106.0, Goal::AtMost(1.05)).is_met());
        assert!(row(103.0, Goal::ThroughputAtLeast(0.97)).is_met());
        assert!(!row(104.0, Goal::ThroughputAtLeast(0.97)).is_met());
        assert!(!row(201.0, Goal::NanosecondsAtMost(200.0)).is_met());
        assert!(row(105.0, Goal::MoreByAtMost(5.0)).is_met() && !row(106.0, Goal::MoreByAtMost(5.0)).is_met());
        let shown = row(1_060.0, Goal::AtMost(1.05)).to_string();
        assert_eq!(shown, "| x | 1.06 µs | 100 ns | 10.600 | ratio ≤ 1.05 | missed |");
    }

    #[test]
    fn a_part_is_replaced_and_the_rest_stays() {
        let text = "a\n<!-- bench -->\nold\n<!-- end of bench -->\nb\n";
        let new = with_part(text, "bench", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- bench -->\n\nnew\n\n<!-- end of bench -->\nb\n");
        assert_eq!(with_part(&new, "bench", "new\n").unwrap(), new);
        assert!(with_part(text, "other", "").is_err());
    }
}
