//! `gotrue users update`: changing a user.

use clap::ArgGroup;
use gotrue::{SetOptional, admin::UpdateUser, serde_json::Value};

use super::find::find;
use crate::{command::show_user::show_user, context::Context, failure::Result, prompt, value_parser::json_object};

const CHANGES: [&str; 8] =
    ["email", "phone", "password", "confirm_email", "confirm_phone", "user_metadata", "app_metadata", "role"];

/// Update a user.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("changes").args(CHANGES).multiple(true).required(true))]
pub struct Update {
    /// ID, e-mail address or phone number of the user
    user: String,
    /// New e-mail address
    #[arg(long)]
    email: Option<String>,
    /// New phone number
    #[arg(long)]
    phone: Option<String>,
    /// Ask for a new password; ends all sessions of the user
    #[arg(long)]
    password: bool,
    /// Mark the e-mail address as confirmed
    #[arg(long)]
    confirm_email: bool,
    /// Mark the phone number as confirmed
    #[arg(long)]
    confirm_phone: bool,
    /// User metadata to merge; null removes a key
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    user_metadata: Option<Value>,
    /// App metadata to merge; null removes a key
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    app_metadata: Option<Value>,
    /// Database role
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
        user = user.maybe(self.email, UpdateUser::email).maybe(self.phone, UpdateUser::phone);
        if self.password {
            user = user.password(prompt::secret("New password")?);
        }
        if self.confirm_email {
            user = user.confirm_email();
        }
        if self.confirm_phone {
            user = user.confirm_phone();
        }
        user = user
            .maybe(self.user_metadata, UpdateUser::user_metadata)
            .maybe(self.app_metadata, UpdateUser::app_metadata)
            .maybe(self.role, UpdateUser::role);
        Ok(user)
    }
}
