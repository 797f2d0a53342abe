//! `gotrue api`: each operation of the document as a command, made by `build.rs`.

mod arguments;
mod given;
mod reply;
mod table;

use std::{env, fmt};

use clap::{ArgMatches, Args, Command, FromArgMatches, error::ErrorKind};
use gotrue::{
    Secret,
    raw::{self, Credential},
    uuid::Uuid,
};

use crate::{
    context::Context,
    failure::{Failure, Result},
    prompt,
};
use given::Given;
use table::{OPERATIONS, Operation};

/// With the list of operations in groups, which clap's own has not.
const HELP: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}";

/// An operation, and what was typed for it.
pub struct Api {
    operation: &'static Operation,
    matches: ArgMatches,
}

impl Api {
    pub async fn run(self, context: &Context) -> Result<()> {
        let Self { operation, matches } = self;
        if operation.endpoint.starts_with("DELETE ") {
            context.confirm(format!("{}?", operation.about))?;
        }
        let given = Given::read(operation, &matches)?;
        let raw = self::client(context, operation, &matches).await?;
        let reply = (operation.call)(&raw, &given).await?;
        reply.print(context.out, matches.get_flag(arguments::SHOW_SECRETS))
    }
}

/// The client, with the credential that the operation takes.
async fn client(context: &Context, operation: &Operation, matches: &ArgMatches) -> Result<raw::Client> {
    match operation.credential() {
        Credential::Admin => Ok(context.admin()?.raw()?),
        Credential::User => Ok(context.session().await?.user().raw().await?),
        Credential::OptionalUser => {
            let manager = context.session().await?;
            match manager.session() {
                Some(_) => Ok(manager.user().raw().await?),
                None => Ok(context.client()?.raw()),
            }
        }
        Credential::OAuthClient => match matches.get_one::<Uuid>(arguments::OAUTH_CLIENT) {
            Some(id) => Ok(context.client()?.oauth_app(*id, oauth_secret()?).raw()?),
            None => Ok(context.client()?.raw()),
        },
        _ => Ok(context.client()?.raw()),
    }
}

/// From the environment, or by a question. A flag would be in the history of the shell.
fn oauth_secret() -> Result<Secret> {
    match env::var(arguments::OAUTH_SECRET_VARIABLE) {
        Ok(secret) if !secret.is_empty() => Ok(secret.into()),
        _ => prompt::secret("Secret of the OAuth client"),
    }
}

impl fmt::Debug for Api {
    /// Without what was typed: a body may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}

impl Args for Api {
    fn augment_args(command: Command) -> Command {
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand_value_name("OPERATION")
            .help_template(HELP)
            .after_help(arguments::list())
            .subcommands(OPERATIONS.iter().map(arguments::command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Api {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = matches.subcommand();
        let found = typed.and_then(|(name, matches)| Some((table::by_name(name)?, matches)));
        let (operation, matches) = found.ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        Ok(Self { operation, matches: matches.clone() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What was typed does not make a request.
fn misfit(what: &str, why: &str) -> Failure {
    Failure::usage(format!("{what}: {why}"))
}
