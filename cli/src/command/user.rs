//! `gotrue user`: the account of the signed-in user.

use clap::{ArgGroup, Args, Subcommand};
use gotrue::{ProfileUpdate, SetOptional, serde_json::Value};

use crate::{command::show_user::show_user, context::Context, failure::Result, prompt, value_parser::json_object};

/// Manage the account of the signed-in user.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Update the account
    Update(Update),
}

impl User {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Update(command) => command.run(context).await,
        }
    }
}

/// Update the account of the signed-in user.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("changes").args(["email", "phone", "password", "data"]).multiple(true).required(true))]
pub struct Update {
    /// New email address; the user must confirm it
    #[arg(long)]
    email: Option<String>,
    /// New phone number; the user must confirm it
    #[arg(long)]
    phone: Option<String>,
    /// Prompt for a new password
    #[arg(long)]
    password: bool,
    /// Prompt for the current password, for servers that require it
    #[arg(long, requires = "password")]
    current_password: bool,
    /// Send a code and prompt for it, for servers that require reauthentication
    #[arg(long, requires = "password")]
    reauthenticate: bool,
    /// User metadata to merge; null removes a key
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    data: Option<Value>,
}

impl Update {
    async fn run(self, context: &Context) -> Result<()> {
        let manager = context.session().await?;
        let mut update = ProfileUpdate::new();
        if self.reauthenticate {
            manager.user().reauthenticate().await?;
            context.out.note("sent a code");
            update = update.nonce(prompt::line("Code")?);
        }
        if self.current_password {
            update = update.current_password(prompt::secret("Current password")?);
        }
        if self.password {
            update = update.password(prompt::secret("New password")?);
        }
        update = update
            .maybe(self.email, ProfileUpdate::email)
            .maybe(self.phone, ProfileUpdate::phone)
            .maybe(self.data, ProfileUpdate::data);
        let user = manager.user().update(update).await?;
        show_user(context, &user)
    }
}
