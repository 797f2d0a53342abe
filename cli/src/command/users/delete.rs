//! `gotrue users delete`.

use super::find::{find, name_of};
use crate::{context::Context, failure::Result};

/// Deletes users.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// Their ids or e-mail addresses
    #[arg(required = true)]
    users: Vec<String>,
    /// Keeps the row and the id, so that what refers to it stays whole
    #[arg(long)]
    soft: bool,
}

impl Delete {
    /// Looks for all before it deletes one, lest a misspelt one is noticed half-way.
    pub async fn run(self, context: &Context) -> Result<()> {
        let api = context.admin()?.users();
        let mut users = Vec::new();
        for user in &self.users {
            users.push(find(&api, user).await?);
        }
        let names: Vec<_> = users.iter().map(name_of).collect();
        context.confirm(format!("There is no way back. Delete {}?", names.join(", ")))?;
        for (user, name) in users.iter().zip(names) {
            let deleted = if self.soft { api.soft_delete(user.id).await } else { api.delete(user.id).await };
            deleted.map_err(|error| crate::failure::Failure::from(error).during(&name))?;
            context.out.note(format!("deleted {name}"));
        }
        Ok(())
    }
}
