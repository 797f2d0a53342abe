//! `gotrue users update`: changing users.

use clap::ArgGroup;
use gotrue::{SetOptional, admin::UpdateUser, serde_json::Value};

use super::selection::Selection;
use crate::{
    command::show_user::show_user,
    context::Context,
    failure::{Failure, Result},
    prompt,
    value_parser::json_object,
};

const CHANGES: [&str; 8] =
    ["email", "phone", "password", "confirm_email", "confirm_phone", "user_metadata", "app_metadata", "role"];

/// What only one user can have, or should know.
const OF_ONE_USER: [&str; 3] = ["email", "phone", "password"];

/// Update users.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("changes").args(CHANGES).multiple(true).required(true))]
pub struct Update {
    #[command(flatten)]
    selection: Selection,
    /// New email address, of one user
    #[arg(long, conflicts_with = "conditions")]
    email: Option<String>,
    /// New phone number, of one user
    #[arg(long, conflicts_with = "conditions")]
    phone: Option<String>,
    /// Prompt for a new password, of one user; ends all of the user's sessions
    #[arg(long, conflicts_with = "conditions")]
    password: bool,
    /// Mark the email address as confirmed
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
        let is_of_one = self.email.is_some() || self.phone.is_some() || self.password;
        if is_of_one && self.selection.names() > 1 {
            return Err(Failure::usage(format!("--{} apply to one user only", OF_ONE_USER.join(", --"))));
        }
        let selected = self.selection.confirmed(context, &users, "Update").await?;
        if selected.is_empty() {
            return Ok(());
        }
        let is_by_name = self.selection.is_by_name();
        let update = self.into_request()?;
        if let ([user], true) = (selected.as_slice(), is_by_name) {
            return show_user(context, &users.update(user.id, update).await?);
        }
        let change = async |id| users.update(id, update.clone()).await.map(drop);
        Selection::change_each(context, &users, selected, "updated", change).await
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
