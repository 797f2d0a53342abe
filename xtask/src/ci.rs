//! `ci`: what has to pass before a change lands.

use std::{io::Write, process::Command};

use crate::{
    conformance, layers, lint, list,
    outcome::{Outcome, Result},
    redis_server, workspace,
};

struct Step {
    name: &'static str,
    work: Work,
}

enum Work {
    /// A Cargo command, with variables of its environment. What it prints passes through.
    Cargo(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// A command of ours.
    Own(fn(&mut dyn Write) -> Result<Outcome>),
}

use Work::{Cargo, Own};

/// The tests come last, so that the last that is printed is what the test runner says.
const STEPS: &[Step] = &[
    Step { name: "format", work: Cargo(&["fmt", "--all", "--check"], &[]) },
    Step {
        name: "clippy",
        work: Cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"], &[]),
    },
    Step { name: "clippy as by default", work: Cargo(&["clippy", "--lib", "--", "-D", "warnings"], &[]) },
    Step {
        name: "docs",
        work: Cargo(&["doc", "--workspace", "--no-deps", "--all-features"], &[("RUSTDOCFLAGS", "-D warnings")]),
    },
    Step { name: "layers", work: Own(layers::run) },
    Step { name: "lint", work: Own(|out| lint::run(&workspace::document(), out)) },
    Step {
        name: "conformance",
        work: Own(|out| conformance::run(&workspace::root().join("tests/recorded"), &workspace::document(), out)),
    },
    Step {
        name: "operations",
        work: Own(|out| list::run(list::Format::Markdown, Some(&workspace::root().join("docs/coverage.md")), out)),
    },
    Step { name: "quickstart", work: Cargo(&["run", "--quiet", "--example", "quickstart"], &[]) },
    Step {
        name: "oauth_login",
        work: Cargo(&["run", "--quiet", "--features", "loopback", "--example", "oauth_login", "--", "alone"], &[]),
    },
    Step {
        name: "axum_service",
        work: Cargo(&["run", "--quiet", "--features", "axum", "--example", "axum_service"], &[]),
    },
    Step { name: "admin", work: Cargo(&["run", "--quiet", "--example", "admin"], &[]) },
    Step { name: "mfa", work: Cargo(&["run", "--quiet", "--example", "mfa"], &[]) },
    Step { name: "passkey", work: Cargo(&["run", "--quiet", "--example", "passkey"], &[]) },
    Step { name: "redis-server", work: Own(redis_server::provide) },
    Step { name: "tests", work: Cargo(&["test", "--workspace", "--all-features"], &[]) },
];

pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    all(STEPS, out)
}

fn all(steps: &[Step], out: &mut dyn Write) -> Result<Outcome> {
    for Step { name, work } in steps {
        writeln!(out, "==> {name}{}", command_line(work))?;
        // What follows may be printed by another process.
        out.flush()?;
        let outcome = do_step(work, out).map_err(|error| format!("ci: {name}: {error}"))?;
        if outcome == Outcome::Findings {
            writeln!(out, "ci: {name} failed")?;
            return Ok(outcome);
        }
    }
    Ok(Outcome::Fine)
}

fn do_step(work: &Work, out: &mut dyn Write) -> Result<Outcome> {
    match work {
        Own(command) => command(out),
        Cargo(arguments, variables) => {
            let variables = variables.iter().copied();
            let status =
                Command::new("cargo").args(*arguments).envs(variables).current_dir(workspace::root()).status()?;
            Ok(Outcome::fine_if(status.success()))
        }
    }
}

/// What to type to repeat a step alone.
fn command_line(work: &Work) -> String {
    match work {
        Own(_) => String::new(),
        Cargo(arguments, variables) => {
            let variables = variables.iter().map(|(name, value)| format!("{name}={value:?}"));
            let words = variables.chain(["cargo".to_owned(), arguments.join(" ")]);
            format!(": {}", words.collect::<Vec<_>>().join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FINE: Step = Step { name: "fine", work: Own(|_| Ok(Outcome::Fine)) };
    const FAILING: Step = Step { name: "failing", work: Own(|_| Ok(Outcome::Findings)) };
    const BROKEN: Step = Step { name: "broken", work: Own(|_| Err("no file".into())) };

    fn printed(steps: &[Step]) -> (Result<Outcome>, String) {
        let mut out = Vec::new();
        let outcome = all(steps, &mut out);
        (outcome, String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_first_failure_ends_it() {
        let (outcome, text) = printed(&[FINE, FAILING, FINE]);
        assert_eq!(outcome.unwrap(), Outcome::Findings);
        assert_eq!(text, "==> fine\n==> failing\nci: failing failed\n");
    }

    #[test]
    fn a_step_that_cannot_run_is_named() {
        let (outcome, _) = printed(&[FINE, BROKEN]);
        assert_eq!(outcome.unwrap_err().to_string(), "ci: broken: no file");
    }

    #[test]
    fn nothing_is_printed_after_the_last_step() {
        assert_eq!(printed(&[FINE]).1, "==> fine\n");
        assert_eq!(STEPS.last().unwrap().name, "tests");
    }

    #[test]
    fn a_step_shows_what_to_type() {
        let docs = STEPS.iter().find(|step| step.name == "docs").unwrap();
        let line = ": RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps --all-features";
        assert_eq!(command_line(&docs.work), line);
    }
}
