//! `gotrue users delete`: removing users.

use super::find::{find, name_of};
use crate::{context::Context, failure::Result};

/// Delete users.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// IDs, e-mail addresses or phone numbers of the users
    #[arg(required = true)]
    users: Vec<String>,
    /// Keep the row and the ID, so that references to the user stay valid
    #[arg(long)]
    soft: bool,
}

impl Delete {
    /// Finds all users before it deletes one, so that a misspelt address stops it before it starts.
    pub async fn run(self, context: &Context) -> Result<()> {
        let api = context.admin()?.users();
        let mut users = Vec::new();
        for user in &self.users {
            users.push(find(&api, user).await?);
        }
        let names: Vec<_> = users.iter().map(name_of).collect();
        context.confirm(format!("This cannot be undone. Delete {}?", names.join(", ")))?;
        for (user, name) in users.iter().zip(names) {
            let deleted = if self.soft { api.soft_delete(user.id).await } else { api.delete(user.id).await };
            deleted.map_err(|error| crate::failure::Failure::from(error).during(&name))?;
            context.out.note(format!("deleted {name}"));
        }
        Ok(())
    }
}
