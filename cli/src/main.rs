//! `gotrue`: signs in to a GoTrue (Supabase Auth) server, and administers one.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cli;
mod command;
mod config_dir;
mod context;
mod debug;
mod failure;
mod options;
mod output;
mod phone;
mod profile_keys;
mod profiles;
mod prompt;
mod target;
mod text_file;
mod time;
mod unverified_jwt;
mod usage_error;
mod value_parser;

use std::{env, process::ExitCode};

use clap::{CommandFactory, FromArgMatches};

use crate::{cli::Cli, context::Context, failure::Result};

fn main() -> ExitCode {
    let Cli { options, command } = match parse() {
        Ok(cli) => cli,
        Err(error) => return usage_error::report(error),
    };
    let context = Context::new(options);
    if context.options.debug {
        debug::print_requests(context.out);
    }
    match run(&context, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => context.out.failure(&failure),
    }
}

fn parse() -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    let matches = command.try_get_matches_from_mut(env::args_os())?;
    usage_error::reject_typed_secrets(&mut command, &matches)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// One thread is enough: commands mostly wait for the network.
fn run(context: &Context, command: cli::Command) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command.run(context).await {
            Ok(()) => Ok(()),
            Err(failure) => Err(context.explain(failure).await),
        }
    })
}
