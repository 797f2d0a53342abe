//! `gotrue users update`.

use clap::ArgGroup;
use gotrue::{UpdateUser, serde_json::Value};

use super::find::find;
use crate::{command::show_user::show_user, context::Context, failure::Result, prompt, value_parser::json_object};

const CHANGES: [&str; 8] =
    ["email", "phone", "password", "confirm_email", "confirm_phone", "user_metadata", "app_metadata", "role"];

/// Changes a user.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("changes").args(CHANGES).multiple(true).required(true))]
pub struct Update {
    /// The id or the e-mail address
    user: String,
    /// A new e-mail address
    #[arg(long)]
    email: Option<String>,
    /// A new phone number
    #[arg(long)]
    phone: Option<String>,
    /// Asks for a new password; all sessions of the user end
    #[arg(long)]
    password: bool,
    /// The address counts as confirmed
    #[arg(long)]
    confirm_email: bool,
    /// The number counts as confirmed
    #[arg(long)]
    confirm_phone: bool,
    /// Data to merge into the user's own; a null removes a key
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    user_metadata: Option<Value>,
    /// Data to merge into the administrator's; a null removes a key
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    app_metadata: Option<Value>,
    /// The role for the database
    #[arg(long)]
    role: Option<String>,
}

impl Update {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let id = find(&users, &self.user).await?.id;
        let user = users.update(id, self.into_request()?).await?;
        show_user(context, &user)
    }

    fn into_request(self) -> Result<UpdateUser> {
        let mut user = UpdateUser::new();
        if let Some(email) = self.email {
            user = user.email(email);
        }
        if let Some(phone) = self.phone {
            user = user.phone(phone);
        }
        if self.password {
            user = user.password(prompt::secret("New password")?);
        }
        if self.confirm_email {
            user = user.confirm_email();
        }
        if self.confirm_phone {
            user = user.confirm_phone();
        }
        if let Some(metadata) = self.user_metadata {
            user = user.user_metadata(metadata);
        }
        if let Some(metadata) = self.app_metadata {
            user = user.app_metadata(metadata);
        }
        if let Some(role) = self.role {
            user = user.role(role);
        }
        Ok(user)
    }
}
