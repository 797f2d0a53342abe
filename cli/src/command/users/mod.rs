//! `gotrue users`: the users of the server.

mod ban;
mod create;
mod delete;
mod list;
mod transfer;
mod update;

use clap::{Args, Subcommand};
use gotrue::{User, admin::Users as Api, uuid::Uuid};

use crate::{
    command::session::show_user,
    context::Context,
    failure::{Failure, Result},
};

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

/// The user with this id or address.
async fn find(users: &Api, user: &str) -> Result<User> {
    if let Ok(id) = Uuid::try_parse(user) {
        return Ok(users.get(id).await?);
    }
    users.get_by_email(user).await?.ok_or_else(|| {
        Failure::not_found(format!("there is no user {user}")).hint("gotrue users list --filter finds a part of it")
    })
}

/// The name by which people know a user.
fn name_of(user: &User) -> String {
    let address = user.email.as_ref().or(user.phone.as_ref()).filter(|name| !name.is_empty());
    address.map_or_else(|| user.id.to_string(), |name| format!("{name} ({})", user.id))
}
