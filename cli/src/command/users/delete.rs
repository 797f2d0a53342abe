//! `gotrue users delete`: removing users.

use super::{find::name_of, selection::Selection};
use crate::{
    context::Context,
    failure::{Failure, Result},
};

/// Delete users.
#[derive(Debug, clap::Args)]
pub struct Delete {
    #[command(flatten)]
    selection: Selection,
    /// Keep the row and the ID, so that references to the user stay valid
    #[arg(long)]
    soft: bool,
}

impl Delete {
    pub async fn run(self, context: &Context) -> Result<()> {
        let api = context.admin()?.users();
        let users = self.selection.confirmed(context, &api, "Delete").await?;
        if users.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = users.iter().map(name_of).collect();
        if self.selection.is_by_name() {
            context.confirm(format!("This cannot be undone. Delete {}?", names.join(", ")))?;
        }
        for (user, name) in users.iter().zip(names) {
            let deleted = if self.soft { api.soft_delete(user.id).await } else { api.delete(user.id).await };
            deleted.map_err(|error| Failure::from(error).during(&name))?;
            context.out.note(format!("deleted {name}"));
        }
        Ok(())
    }
}
