//! `gotrue users ban` and `unban`: blocking sign-ins.

use std::time::Duration;

use clap::ArgGroup;

use super::{find::find, selection::Selection};
use crate::{command::show_user::show_user, context::Context, failure::Result};

/// The server has no ban without an end. This one lasts for 100 years.
pub(super) const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Ban users. They can no longer sign in or refresh their sessions.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("until").args(["duration", "forever"]).required(true))]
pub struct Ban {
    #[command(flatten)]
    selection: Selection,
    /// Duration of the ban, such as 24h, 30days or 10years
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// Ban the users for 100 years
    #[arg(long)]
    forever: bool,
}

impl Ban {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let duration = self.duration.unwrap_or(FOREVER);
        let selected = self.selection.confirmed(context, &users, "Ban").await?;
        if let ([user], true) = (selected.as_slice(), self.selection.is_by_name()) {
            return show_user(context, &users.ban(user.id, duration).await?);
        }
        Selection::change_each(context, &users, selected, "banned", async |id| users.ban(id, duration).await.map(drop))
            .await
    }
}

/// Lift the ban of a user.
#[derive(Debug, clap::Args)]
pub struct Unban {
    /// ID, email address or phone number of the user
    user: String,
}

impl Unban {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let user = find(&users, &self.user).await?;
        show_user(context, &users.unban(user.id).await?)
    }
}
