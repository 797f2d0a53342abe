//! The tools of this repository: `cargo xtask <command>`.
//!
//! The exit status is 0 on success, 1 with findings, and 2 on failure.

mod bench;
mod build_cost;
mod bundle;
mod causes;
mod ci;
mod codegen;
mod conformance;
mod drift;
mod examples;
mod generators;
mod golang;
mod layers;
mod links;
mod lint;
mod list;
mod outcome;
mod packages;
mod performance;
mod program;
mod record;
mod reference;
mod schema;
mod source;
mod workspace;
mod yaml;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use outcome::{Outcome, Result};

/// The tools of this repository. The exit status is 0 on success, 1 with findings, and 2 on failure.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the documents against their own rules and OpenAPI 3.0.
    Lint {
        /// The document to check [default: openapi/gotrue.yaml and openapi/hooks.yaml].
        file: Option<PathBuf>,
    },
    /// Write openapi/bundle from the documents: JSON, and YAML without aliases.
    Bundle,
    /// Try generators of other projects: generate a client, compile it, and call the fake server with it.
    Generators {
        /// The generators to try [default: those that CI tries].
        names: Vec<String>,
        /// Try all generators.
        #[arg(long, conflicts_with = "names")]
        all: bool,
    },
    /// List the operations with their credential and the method that calls them.
    List {
        /// Print a Markdown table.
        #[arg(long)]
        markdown: bool,
        /// Fail if FILE differs from the output, instead of printing it.
        #[arg(long, value_name = "FILE")]
        check: Option<PathBuf>,
    },
    /// Check the document against recorded exchanges with real servers.
    Conformance {
        /// The directory of the exchanges, one JSON file each.
        directory: PathBuf,
        /// The document to check [default: openapi/gotrue.yaml].
        #[arg(long, value_name = "FILE")]
        document: Option<PathBuf>,
    },
    /// List what has changed at the server since its last review, by its source or by the upstream document.
    Drift {
        #[command(flatten)]
        of: drift::Of,
        /// Mark it as reviewed by rewriting the digest.
        #[arg(long)]
        accept: bool,
        /// The commit of supabase/auth, written to the head of the digest.
        #[arg(long, value_name = "COMMIT", requires = "accept")]
        revision: Option<String>,
        /// With --server: list all that openapi/gotrue.yaml lacks instead, reviewed or not.
        #[arg(long, requires = "server", conflicts_with = "accept")]
        undocumented: bool,
    },
    /// Print, write or compare the generated code.
    Codegen {
        /// Write the files to DIR.
        #[arg(long, value_name = "DIR", conflicts_with = "diff")]
        emit: Option<PathBuf>,
        /// Show the differences from the files in DIR, and fail if there are any.
        #[arg(long, value_name = "DIR")]
        diff: Option<PathBuf>,
    },
    /// Record exchanges with a server, for tests and conformance; `record --help` lists the options.
    #[command(disable_help_flag = true)]
    Record {
        /// The options of the recorder.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Write the document as an HTML page, with the error codes of each operation.
    Reference {
        /// The file to write [default: target/reference/index.html].
        file: Option<PathBuf>,
    },
    /// Check that modules name only modules of lower layers, and that there are no cycles.
    Layers,
    /// Check the links of the Markdown files, after `cargo doc --all-features`.
    Links,
    /// Run short benchmarks, write docs/performance.md, and fail if a goal is missed.
    Bench,
    /// Measure clean builds for each set of features, and write them to docs/performance.md.
    BuildCost,
    /// Run all steps of CI, and stop at the first that fails.
    Ci,
}

fn main() -> ExitCode {
    match run(Cli::parse().command, &mut io::stdout().lock()) {
        Ok(outcome) => outcome.into(),
        Err(failure) if is_broken_pipe(&*failure) => ExitCode::SUCCESS,
        Err(failure) => {
            // There is no other place to report a failure to.
            let _ = writeln!(io::stderr(), "xtask: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, out: &mut dyn Write) -> Result<Outcome> {
    match command {
        Command::Lint { file: Some(file) } => lint::run(&file, out),
        Command::Lint { file: None } => lint::all(out),
        Command::Bundle => bundle::run(out),
        Command::Generators { all: true, .. } => generators::run(&generators::Selection::All, out),
        Command::Generators { names, .. } if names.is_empty() => generators::run(&generators::Selection::Ci, out),
        Command::Generators { names, .. } => generators::run(&generators::Selection::Named(names), out),
        Command::List { markdown, check } => {
            let format = if markdown { list::Format::Markdown } else { list::Format::Columns };
            list::run(format, check.as_deref(), out)
        }
        Command::Conformance { directory, document } => {
            conformance::run(&directory, &document.unwrap_or_else(workspace::document), out)
        }
        Command::Drift { of, undocumented: true, .. } => drift::undocumented(&of, out),
        Command::Drift { of, accept: false, .. } => drift::compare(&of, out),
        Command::Drift { of, revision, .. } => drift::accept(&of, revision.as_deref(), out),
        Command::Codegen { emit: Some(directory), .. } => codegen::emit(&directory, out),
        Command::Codegen { diff: Some(directory), .. } => codegen::diff(&directory, out),
        Command::Codegen { .. } => codegen::print(out),
        Command::Record { arguments } => record::run(&arguments),
        Command::Reference { file } => {
            reference::run(&file.unwrap_or_else(|| workspace::root().join("target/reference/index.html")), out)
        }
        Command::Layers => layers::run(out),
        Command::Links => links::run(out),
        Command::Bench => bench::run(out),
        Command::BuildCost => build_cost::run(out),
        Command::Ci => ci::run(out),
    }
}

/// Returns whether the reader of the output has closed it, as `head` does, which is not a failure.
fn is_broken_pipe(failure: &(dyn std::error::Error + 'static)) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
