//! The results of the checks.

use gotrue::serde_json::json;

use crate::{
    failure::{Failure, Result},
    output::{Output, printable},
};

/// Prints results as they come, and counts the failures.
pub struct Report {
    out: Output,
    failures: usize,
}

impl Report {
    pub fn new(out: Output) -> Self {
        Self { out, failures: 0 }
    }

    pub fn failures(&self) -> usize {
        self.failures
    }

    pub fn ok(&mut self, check: &str, message: impl AsRef<str>) -> Result<()> {
        self.print("ok", check, message.as_ref(), None)
    }

    pub fn warning(&mut self, check: &str, message: impl AsRef<str>, hint: &str) -> Result<()> {
        self.print("warning", check, message.as_ref(), Some(hint))
    }

    pub fn failure(&mut self, check: &str, message: impl AsRef<str>, hint: &str) -> Result<()> {
        self.failures += 1;
        self.print("failed", check, message.as_ref(), Some(hint))
    }

    /// Prints a result. If the output is closed, the other checks still run, since the exit code depends on them.
    fn print(&self, status: &str, check: &str, message: &str, hint: Option<&str>) -> Result<()> {
        Failure::unless_closed(self.try_print(status, check, message, hint))
    }

    fn try_print(&self, status: &str, check: &str, message: &str, hint: Option<&str>) -> Result<()> {
        if self.out.json {
            return self.out.json(&json!({ "check": check, "status": status, "message": message, "hint": hint }));
        }
        self.out.line(printable(&format!("{status:<8} {check}: {message}")))?;
        hint.map_or(Ok(()), |hint| self.out.line(printable(&format!("{:8} {hint}", ""))))
    }
}
