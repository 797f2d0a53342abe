//! `gotrue users`: managing the users of the server.

mod ban;
mod count;
mod create;
mod delete;
mod factors;
mod find;
mod get;
mod list;
mod selection;
mod sessions;
mod transfer;
mod update;

use clap::Subcommand;

use crate::{context::Context, failure::Result};

/// Manage the users of the server.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// List users, newest first
    #[command(visible_alias = "ls")]
    List(list::List),
    /// Count users
    Count(count::Count),
    /// Show a user
    Get(get::Get),
    /// Create a user; nothing is sent to them
    Create(create::Create),
    /// Update users
    Update(update::Update),
    /// Ban users
    Ban(ban::Ban),
    /// Lift the ban of a user
    Unban(ban::Unban),
    /// Manage the second factors of a user
    #[command(subcommand)]
    Factors(factors::Factors),
    Sessions(sessions::Sessions),
    /// Delete users
    #[command(visible_alias = "rm")]
    Delete(delete::Delete),
    Import(transfer::Import),
    Export(transfer::Export),
}

impl Users {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Count(command) => command.run(context).await,
            Self::Factors(command) => command.run(context).await,
            Self::Sessions(command) => command.run(context).await,
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
