//! `gotrue api`: every operation of the OpenAPI document as a command, and any other path. `build.rs` generates the table
//! of operations.

mod call;
mod flags;
mod path;
mod reply;
mod request;
mod table;

use std::fmt;

use clap::{ArgMatches, Args, Command, FromArgMatches, error::ErrorKind};
use gotrue::raw::SECRETS;

use self::table::{OPERATIONS, Operation};
use crate::{context::Context, failure::Result};

/// Lists the operations by group, which clap's own template cannot.
const HELP: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}";

/// What to call, and its arguments.
pub struct Api {
    callee: Callee,
    matches: ArgMatches,
}

/// What can be called.
#[derive(Clone, Copy)]
enum Callee {
    Operation(&'static Operation),
    /// Any path, with this method.
    Path(&'static str),
}

impl Api {
    pub async fn run(self, context: &Context) -> Result<()> {
        let Self { callee, matches } = self;
        let reply = match callee {
            Callee::Operation(operation) => call::call(context, operation, &matches).await?,
            Callee::Path(method) => path::send(context, method, &matches).await?,
        };
        let hidden = if matches.get_flag(flags::SHOW_SECRETS) { &[] } else { SECRETS };
        reply.print(context.out, hidden)
    }
}

impl Callee {
    fn by_name(name: &str) -> Option<Self> {
        let method = path::METHODS.into_iter().find(|method| *method == name).map(Self::Path);
        method.or_else(|| table::by_name(name).map(Self::Operation))
    }
}

impl fmt::Debug for Api {
    /// Omits the arguments: a body may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.callee {
            Callee::Operation(operation) => operation.id,
            Callee::Path(method) => method,
        };
        f.debug_struct("Api").field("callee", &name).finish_non_exhaustive()
    }
}

impl Args for Api {
    fn augment_args(command: Command) -> Command {
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand_value_name("OPERATION|METHOD")
            .help_template(HELP)
            .after_help(format!("{}\n\n{}", flags::list(), path::list()))
            .subcommands(OPERATIONS.iter().map(flags::command))
            .subcommands(path::METHODS.into_iter().map(path::command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Api {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let found = matches.subcommand().and_then(|(name, matches)| Some((Callee::by_name(name)?, matches)));
        let (callee, matches) = found.ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        Ok(Self { callee, matches: matches.clone() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
