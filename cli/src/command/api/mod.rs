//! `gotrue api`: every operation of the OpenAPI document as a command. `build.rs` generates the table of operations.

mod flags;
mod reply;
mod request;
mod table;

use std::{env, fmt};

use clap::{ArgMatches, Args, Command, FromArgMatches, error::ErrorKind};
use gotrue::{
    Secret,
    raw::{self, Credential, SECRETS},
    uuid::Uuid,
};

use crate::{context::Context, failure::Result, prompt};
use table::{OPERATIONS, Operation};

/// Lists the operations by group, which clap's own template cannot.
const HELP: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}";

/// An operation and its arguments.
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
        let request = flags::read(operation, &matches)?;
        let raw = self::client(context, operation, &matches).await?;
        let reply = (operation.call)(&raw, &request).await?;
        let hidden = if matches.get_flag(flags::SHOW_SECRETS) { &[] } else { gotrue::raw::SECRETS };
        reply.print(context.out, hidden)
    }
}

/// Returns a client with the credential that the operation needs.
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
        Credential::OAuthClient => match matches.get_one::<Uuid>(flags::OAUTH_CLIENT) {
            Some(id) => Ok(context.client()?.oauth_app(*id, oauth_secret()?).raw()?),
            None => Ok(context.client()?.raw()),
        },
        _ => Ok(context.client()?.raw()),
    }
}

/// Reads the secret from the environment or a prompt. A flag would end up in the shell history.
fn oauth_secret() -> Result<Secret> {
    match env::var(flags::OAUTH_SECRET_VARIABLE) {
        Ok(secret) if !secret.is_empty() => Ok(secret.into()),
        _ => prompt::secret("OAuth client secret"),
    }
}

impl fmt::Debug for Api {
    /// Omits the arguments: a body may contain secrets.
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
            .after_help(flags::list())
            .subcommands(OPERATIONS.iter().map(flags::command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Api {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let found = matches.subcommand().and_then(|(name, matches)| Some((table::by_name(name)?, matches)));
        let (operation, matches) = found.ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        Ok(Self { operation, matches: matches.clone() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
