//! `gotrue users`: the users of the server.

mod ban;
mod create;
mod delete;
mod find;
mod list;
mod transfer;
mod update;

use clap::{Args, Subcommand};

use self::find::find;
use crate::{command::show_user::show_user, context::Context, failure::Result};

/// The users of the server.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// Shows the users, newest first
    #[command(visible_alias = "ls")]
    List(list::List),
    /// Shows a user
    Get(Get),
    /// Makes a user; nothing is sent to them
    Create(create::Create),
    /// Changes a user
    Update(update::Update),
    /// Locks a user out for a time
    Ban(ban::Ban),
    /// Lets a user in again
    Unban(ban::Unban),
    /// Deletes users
    #[command(visible_alias = "rm")]
    Delete(delete::Delete),
    /// Makes users of the rows of a file, and goes on after an interruption
    Import(transfer::Import),
    /// Writes all users to a file, as an import reads them
    Export(transfer::Export),
}

impl Users {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Get(command) => command.run(context).await,
            Self::Create(command) => command.run(context).await,
            Self::Update(command) => command.run(context).await,
            Self::Ban(command) => command.run(context).await,
            Self::Unban(command) => command.run(context).await,
            Self::Delete(command) => command.run(context).await,
            Self::Import(command) => command.run(context).await,
            Self::Export(command) => command.run(context).await,
        }
    }
}

/// Shows a user.
#[derive(Debug, Args)]
pub struct Get {
    /// The id or the e-mail address
    user: String,
}

impl Get {
    async fn run(self, context: &Context) -> Result<()> {
        let user = find(&context.admin()?.users(), &self.user).await?;
        show_user(context, &user)
    }
}
