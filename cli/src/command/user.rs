//! `gotrue user`: the account of whoever is signed in.

use clap::{ArgGroup, Args, Subcommand};
use gotrue::{UserUpdate, serde_json::Value};

use crate::{arguments::json_object, command::session::show_user, context::Context, failure::Result, prompt};

/// The account of whoever is signed in.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Changes it
    Update(Update),
}

impl User {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Update(command) => command.run(context).await,
        }
    }
}

/// Changes the account of whoever is signed in.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("changes").args(["email", "phone", "password", "data"]).multiple(true).required(true))]
pub struct Update {
    /// A new e-mail address, which has to be confirmed
    #[arg(long)]
    email: Option<String>,
    /// A new phone number, which has to be confirmed
    #[arg(long)]
    phone: Option<String>,
    /// Asks for a new password
    #[arg(long)]
    password: bool,
    /// Asks for the password so far, where the server wants it
    #[arg(long, requires = "password")]
    current_password: bool,
    /// Sends a code first and asks for it, where the server wants it
    #[arg(long, requires = "password")]
    reauthenticate: bool,
    /// Data to merge into the user's own; a null removes a key
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    data: Option<Value>,
}

impl Update {
    async fn run(self, context: &Context) -> Result<()> {
        let manager = context.session().await?;
        let mut update = UserUpdate::new();
        if self.reauthenticate {
            manager.user().reauthenticate().await?;
            context.out.note("a code is on its way");
            update = update.nonce(prompt::line("Code")?);
        }
        if self.current_password {
            update = update.current_password(prompt::secret("Current password")?);
        }
        if self.password {
            update = update.password(prompt::secret("New password")?);
        }
        if let Some(email) = self.email {
            update = update.email(email);
        }
        if let Some(phone) = self.phone {
            update = update.phone(phone);
        }
        if let Some(data) = self.data {
            update = update.data(data);
        }
        let user = manager.user().update(update).await?;
        show_user(context, &user)
    }
}
