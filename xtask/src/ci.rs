//! `ci`: everything that must pass before a change is merged.

use std::{io::Write, process::Command};

use crate::{
    conformance, generators, layers, links, lint, list,
    outcome::{Outcome, Result},
    packages,
    program::Program,
    workspace,
};

struct Step {
    name: &'static str,
    /// A program that is not part of the toolchain. The step is skipped if it is missing.
    needs: Option<&'static Program>,
    work: Work,
}

enum Work {
    /// A Cargo command with environment variables. Its output passes through.
    Cargo(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// A command of xtask.
    Xtask(fn(&mut dyn Write) -> Result<Outcome>),
    /// Nothing beyond the program itself.
    Nothing,
}

use Work::{Cargo, Nothing, Xtask};

impl Step {
    const fn cargo(name: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { name, needs: None, work: Cargo(arguments, &[]) }
    }

    const fn xtask(name: &'static str, command: fn(&mut dyn Write) -> Result<Outcome>) -> Self {
        Self { name, needs: None, work: Xtask(command) }
    }

    const fn needs(self, program: &'static Program) -> Self {
        Self { needs: Some(program), ..self }
    }
}

static CARGO_HACK: Program = Program {
    name: "cargo-hack",
    probe: &["cargo", "hack", "--version"],
    install: &[&["cargo", "install", "--locked", "cargo-hack"]],
};

// Not installed here, because that takes longer than all of CI.
static CARGO_DENY: Program = Program { name: "cargo-deny", probe: &["cargo", "deny", "--version"], install: &[] };

static ADVISORIES: Program =
    Program { name: "cargo-deny with the RustSec database", probe: &["cargo", "deny", "fetch", "db"], install: &[] };

static NIGHTLY: Program =
    Program { name: "the nightly toolchain", probe: &["cargo", "+nightly", "--version"], install: &[] };

static MSRV: Program = Program {
    name: concat!("toolchain ", env!("CARGO_PKG_RUST_VERSION")),
    probe: &["cargo", MSRV_TOOLCHAIN, "--version"],
    install: &[],
};

const MSRV_TOOLCHAIN: &str = concat!("+", env!("CARGO_PKG_RUST_VERSION"));

static WASM32: Program = Program {
    name: "the target wasm32-unknown-unknown",
    probe: &["sh", "-c", "ls \"$(rustc --print target-libdir --target wasm32-unknown-unknown)\"/libstd-*.rlib"],
    install: &[&["rustup", "target", "add", "wasm32-unknown-unknown"]],
};

/// Without it, `tests/stores` skips its tests of Redis.
static REDIS: Program = Program {
    name: "redis-server",
    probe: &["redis-server", "--version"],
    install: &[
        &["apt-get", "install", "--yes", "--no-install-recommends", "redis-server"],
        &["sudo", "--non-interactive", "apt-get", "install", "--yes", "--no-install-recommends", "redis-server"],
    ],
};

/// Without it, `tests/stores` skips its tests of PostgreSQL. The package of the system would start a server of its own
/// unless the configuration forbids it.
static POSTGRES: Program = Program {
    name: "postgres",
    probe: &["sh", "-c", "command -v postgres || ls /usr/lib/postgresql/*/bin/postgres"],
    install: &[&["sh", "-c", INSTALL_POSTGRES], &["sudo", "--non-interactive", "sh", "-c", INSTALL_POSTGRES]],
};

const INSTALL_POSTGRES: &str = "apt-get install --yes --no-install-recommends postgresql-common && \
     sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf && \
     apt-get install --yes --no-install-recommends postgresql";

/// The official clients, which `fake/tests/clients` runs against the fake server. Without one, its test is skipped.
static AUTH_JS: Program = Program {
    name: "@supabase/auth-js (npm)",
    probe: &[
        "node",
        "--eval",
        "const {dependencies} = require('./fake/tests/clients/node/package.json'); \
         const {version} = require('./target/clients/node/node_modules/@supabase/auth-js/package.json'); \
         process.exit(version === dependencies['@supabase/auth-js'] ? 0 : 1)",
    ],
    install: &[&[
        "sh",
        "-c",
        "cd fake/tests/clients/node && mkdir -p ../../../../target/clients/node && \
         cp package.json package-lock.json .npmrc ../../../../target/clients/node && \
         npm ci --prefix ../../../../target/clients/node",
    ]],
};

/// Without it, `tests/web` skips its tests with JavaScript.
static SUPABASE_SSR: Program = Program {
    name: "@supabase/ssr (npm)",
    probe: &[
        "node",
        "--eval",
        "const {dependencies} = require('./tests/web/node/package.json'); \
         const version = (name) => require(`./target/clients/ssr/node_modules/${name}/package.json`).version; \
         process.exit(Object.entries(dependencies).every(([name, pin]) => version(name) === pin) ? 0 : 1)",
    ],
    install: &[&[
        "sh",
        "-c",
        "mkdir -p target/clients/ssr && cd tests/web/node && \
         cp package.json package-lock.json .npmrc ../../../target/clients/ssr && \
         npm ci --prefix ../../../target/clients/ssr",
    ]],
};

static SUPABASE_AUTH: Program = Program {
    name: "supabase-auth (PyPI)",
    probe: &[
        "target/clients/python/bin/python",
        "-c",
        "from importlib.metadata import version; \
         pin = 'supabase-auth==' + version('supabase-auth'); \
         assert pin in open('fake/tests/clients/python/requirements.txt').read().split()",
    ],
    install: &[&[
        "sh",
        "-c",
        "python3 -m venv target/clients/python && \
         target/clients/python/bin/pip install --requirement fake/tests/clients/python/requirements.txt",
    ]],
};

static AUTH_GO: Program = Program {
    name: "auth-go (Go module)",
    probe: &[
        "sh",
        "-c",
        "test target/clients/go/client -nt fake/tests/clients/go/client.go && \
         test target/clients/go/client -nt fake/tests/clients/go/go.mod",
    ],
    install: &[&[
        "sh",
        "-c",
        "mkdir -p target/clients/go && cd fake/tests/clients/go && \
         go build -modcacherw -o ../../../../target/clients/go/client .",
    ]],
};

static CHROMIUM: Program = Program {
    name: "chromium",
    probe: &["chromium", "--version"],
    install: &[
        &["apt-get", "install", "--yes", "--no-install-recommends", "chromium"],
        &["sudo", "--non-interactive", "apt-get", "install", "--yes", "--no-install-recommends", "chromium"],
    ],
};

/// The tests come last, so that the output ends with the summary of the test runner.
const STEPS: &[Step] = &[
    Step::cargo("format", &["fmt", "--all", "--check"]),
    Step::xtask("layers", layers::run),
    Step::xtask("lint", |out| lint::all(out)),
    Step::xtask("conformance", |out| {
        conformance::run(&workspace::root().join("tests/recorded"), &workspace::document(), out)
    }),
    Step::xtask("operations", |out| {
        list::run(list::Format::Markdown, Some(&workspace::root().join("docs/coverage.md")), out)
    }),
    Step::cargo("licenses and sources", &["deny", "--workspace", "check", "licenses", "bans", "sources"])
        .needs(&CARGO_DENY),
    Step::cargo("advisories", &["deny", "--workspace", "check", "--disable-fetch", "advisories"]).needs(&ADVISORIES),
    Step::cargo("clippy", &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]),
    // Tests that need a feature must not prevent others from compiling.
    Step::cargo("default features", &["clippy", "--package", "gotrue", "--all-targets", "--", "-D", "warnings"]),
    Step::cargo("each feature", &["hack", "clippy", "--package", "gotrue", "--each-feature", "--", "-D", "warnings"])
        .needs(&CARGO_HACK),
    Step::cargo("wasm32", WASM32_CLIPPY).needs(&WASM32),
    Step {
        name: "docs",
        needs: None,
        work: Cargo(&["doc", "--workspace", "--no-deps", "--all-features"], &[("RUSTDOCFLAGS", "-D warnings")]),
    },
    Step::xtask("links", links::run),
    Step::cargo("minimal versions", MINIMAL_VERSIONS).needs(&NIGHTLY),
    Step::cargo("minimal Rust version", &[MSRV_TOOLCHAIN, "check", "--workspace", "--all-features"]).needs(&MSRV),
    Step::xtask("packages", |_| packages::run()),
    Step::cargo("quickstart", &["run", "--quiet", "--all-features", "--example", "quickstart"]),
    Step::cargo("oauth_login", &["run", "--quiet", "--all-features", "--example", "oauth_login", "--", "alone"]),
    Step::cargo("axum_service", &["run", "--quiet", "--all-features", "--example", "axum_service"]),
    Step::cargo("hooks", &["run", "--quiet", "--all-features", "--example", "hooks"]),
    Step::cargo("admin", &["run", "--quiet", "--all-features", "--example", "admin"]),
    Step::cargo("mfa", &["run", "--quiet", "--all-features", "--example", "mfa"]),
    Step::cargo("passkey", &["run", "--quiet", "--all-features", "--example", "passkey"]),
    Step::xtask("generators", |out| generators::run(&generators::Selection::Ci, out)),
    Step { name: "redis-server", needs: Some(&REDIS), work: Nothing },
    Step { name: "postgres", needs: Some(&POSTGRES), work: Nothing },
    Step { name: "auth-js", needs: Some(&AUTH_JS), work: Nothing },
    Step { name: "supabase-ssr", needs: Some(&SUPABASE_SSR), work: Nothing },
    Step { name: "supabase-auth", needs: Some(&SUPABASE_AUTH), work: Nothing },
    Step { name: "auth-go", needs: Some(&AUTH_GO), work: Nothing },
    Step { name: "chromium", needs: Some(&CHROMIUM), work: Nothing },
    // Without it, `tests/browser` skips its tests.
    Step::cargo("pages for the browser", &["run", "--quiet", "--package", "gotrue-browser-bundler"]).needs(&WASM32),
    Step::cargo("tests", &["test", "--workspace", "--all-features"]),
];

const WASM32_CLIPPY: &[&str] = &[
    "clippy",
    "--package",
    "gotrue",
    "--lib",
    "--features",
    "axum,hooks",
    "--target",
    "wasm32-unknown-unknown",
    "--",
    "-D",
    "warnings",
];

/// Checks everything with the lowest version of each direct dependency that Cargo.toml allows.
const MINIMAL_VERSIONS: &[&str] = &[
    "+nightly",
    "check",
    "--workspace",
    "--all-features",
    "-Zdirect-minimal-versions",
    "--config",
    "resolver.lockfile-path='target/minimal-versions/Cargo.lock'",
    "--target-dir",
    "target/minimal-versions",
];

pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    all(STEPS, out)
}

fn all(steps: &[Step], out: &mut dyn Write) -> Result<Outcome> {
    for Step { name, needs, work } in steps {
        writeln!(out, "==> {name}{}", command_line(work))?;
        // Another process may print the next lines.
        out.flush()?;
        if let Some(program) = needs.filter(|program| !program.provide()) {
            writeln!(out, "skipped: {} is not available", program.name)?;
            continue;
        }
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
        Xtask(command) => command(out),
        Nothing => Ok(Outcome::Fine),
        Cargo(arguments, variables) => {
            let variables = variables.iter().copied();
            let status =
                Command::new("cargo").args(*arguments).envs(variables).current_dir(workspace::root()).status()?;
            Ok(Outcome::fine_if(status.success()))
        }
    }
}

/// Returns the command line that repeats a step alone.
fn command_line(work: &Work) -> String {
    match work {
        Xtask(_) | Nothing => String::new(),
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

    const FINE: Step = Step::xtask("fine", |_| Ok(Outcome::Fine));
    const FAILING: Step = Step::xtask("failing", |_| Ok(Outcome::Findings));
    const BROKEN: Step = Step::xtask("broken", |_| Err("no file".into()));
    static MISSING: Program = Program { name: "no-such-program", probe: &["no-such-program"], install: &[] };

    fn printed(steps: &[Step]) -> (Result<Outcome>, String) {
        let mut out = Vec::new();
        let outcome = all(steps, &mut out);
        (outcome, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_step_without_its_program_is_skipped_by_name() {
        let (outcome, text) = printed(&[FAILING.needs(&MISSING), FINE]);
        assert_eq!(outcome.unwrap(), Outcome::Fine);
        assert_eq!(text, "==> failing\nskipped: no-such-program is not available\n==> fine\n");
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
