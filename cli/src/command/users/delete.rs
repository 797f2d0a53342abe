//! `gotrue users delete`: removing users.

use super::{find::name_of, selection::Selection};
use crate::{context::Context, failure::Result};

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
        if self.selection.is_by_name() {
            let names: Vec<_> = users.iter().map(name_of).collect();
            context.confirm(format!("This cannot be undone. Delete {}?", names.join(", ")))?;
        }
        let delete = async |id| if self.soft { api.soft_delete(id).await } else { api.delete(id).await };
        Selection::change_each(context, &api, users, "deleted", delete).await
    }
}
