//! `gotrue`: a command for those who run a GoTrue (Supabase Auth) server, and for those who sign in to one.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cli;
mod command;
mod config_dir;
mod context;
mod failure;
mod keys;
mod options;
mod output;
mod profiles;
mod prompt;
mod time;
mod value_parser;

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, context::Context, failure::Result};

fn main() -> ExitCode {
    let Cli { options, command } = Cli::parse();
    let context = Context::new(options);
    match run(&context, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => context.out.failure(&failure),
    }
}

/// One thread is enough: a command waits for one answer at a time.
fn run(context: &Context, command: cli::Command) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command.run(context))
}
