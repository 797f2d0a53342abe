//! The tools of this repository: `cargo xtask <command>`.
//!
//! Each exits with 0 when all is well, 1 when it has found something, and 2 when it could not run.

mod bench;
mod build_cost;
mod causes;
mod ci;
mod codegen;
mod conformance;
mod drift;
mod layers;
mod lint;
mod list;
mod outcome;
mod performance;
mod program;
mod source;
mod workspace;
mod yaml;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use outcome::{Outcome, Result};

/// The tools of this repository. They exit with 0 when all is well, 1 with findings, and 2 when they could not run.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks the document against its own rules and those of OpenAPI 3.0, and names the line of each fault.
    Lint {
        /// The document to check, if not openapi/gotrue.yaml.
        file: Option<PathBuf>,
    },
    /// Lists the operations, the credential that each takes, and the method of the wrapper that calls it.
    List {
        /// Prints a Markdown table.
        #[arg(long)]
        markdown: bool,
        /// Prints nothing, but fails when FILE holds something else than what would be printed.
        #[arg(long, value_name = "FILE")]
        check: Option<PathBuf>,
    },
    /// Holds the document against recorded exchanges of real servers, and names what it does not tell the truth about.
    Conformance {
        /// The directory of the recorded exchanges, one JSON file each.
        directory: PathBuf,
        /// The document to judge, if not openapi/gotrue.yaml.
        #[arg(long, value_name = "FILE")]
        document: Option<PathBuf>,
    },
    /// Tells what has changed in the upstream document since it was last reviewed, from openapi/upstream-digest.txt.
    Drift {
        /// The openapi.yaml of supabase/auth.
        #[arg(long, value_name = "FILE")]
        upstream: PathBuf,
        /// Marks the file as reviewed: writes the digest anew.
        #[arg(long)]
        accept: bool,
        /// The commit that the file is of, for the head of the digest.
        #[arg(long, value_name = "COMMIT", requires = "accept")]
        revision: Option<String>,
    },
    /// Prints the generated code, or writes it to a directory, or shows how it differs from what was written there.
    Codegen {
        /// Writes the files to DIR.
        #[arg(long, value_name = "DIR", conflicts_with = "diff")]
        emit: Option<PathBuf>,
        /// Shows the differences to the files in DIR, and fails when there are any.
        #[arg(long, value_name = "DIR")]
        diff: Option<PathBuf>,
    },
    /// Checks that each module names only modules of the layers below its own, and that no modules form a cycle.
    Layers,
    /// Runs the benchmarks in short form, and writes docs/performance.md; fails when a goal is missed.
    Bench,
    /// Builds the library from nothing for each set of features, and writes the crates and seconds into
    /// docs/performance.md.
    BuildCost,
    /// Runs what CI runs, step by step, and stops at the first that fails.
    Ci,
}

fn main() -> ExitCode {
    match run(Cli::parse().command, &mut io::stdout().lock()) {
        Ok(outcome) => outcome.into(),
        Err(failure) if is_broken_pipe(&*failure) => ExitCode::SUCCESS,
        Err(failure) => {
            // When this fails too, there is nobody left to tell.
            let _ = writeln!(io::stderr(), "xtask: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, out: &mut dyn Write) -> Result<Outcome> {
    match command {
        Command::Lint { file } => lint::run(&file.unwrap_or_else(workspace::document), out),
        Command::List { markdown, check } => {
            let format = if markdown { list::Format::Markdown } else { list::Format::Columns };
            list::run(format, check.as_deref(), out)
        }
        Command::Conformance { directory, document } => {
            conformance::run(&directory, &document.unwrap_or_else(workspace::document), out)
        }
        Command::Drift { upstream, accept: false, .. } => drift::compare(&upstream, &workspace::digest(), out),
        Command::Drift { upstream, revision, .. } => {
            drift::accept(&upstream, &workspace::digest(), revision.as_deref(), out)
        }
        Command::Codegen { emit: Some(directory), .. } => codegen::emit(&directory, out),
        Command::Codegen { diff: Some(directory), .. } => codegen::diff(&directory, out),
        Command::Codegen { .. } => codegen::print(out),
        Command::Layers => layers::run(out),
        Command::Bench => bench::run(out),
        Command::BuildCost => build_cost::run(out),
        Command::Ci => ci::run(out),
    }
}

/// The reader of our output has had enough, as `head` has; no failure of ours.
fn is_broken_pipe(failure: &(dyn std::error::Error + 'static)) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
