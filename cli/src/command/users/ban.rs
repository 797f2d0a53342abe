//! `gotrue users ban` and `unban`.

use std::time::Duration;

use super::find::find;
use crate::{command::show_user::show_user, context::Context, failure::Result};

/// Locks a user out for a time.
#[derive(Debug, clap::Args)]
pub struct Ban {
    /// The id or the e-mail address
    user: String,
    /// For how long, such as 24h, 30days or 10years
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    duration: Duration,
}

impl Ban {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let user = find(&users, &self.user).await?;
        show_user(context, &users.ban(user.id, self.duration).await?)
    }
}

/// Lets a user in again.
#[derive(Debug, clap::Args)]
pub struct Unban {
    /// The id or the e-mail address
    user: String,
}

impl Unban {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let user = find(&users, &self.user).await?;
        show_user(context, &users.unban(user.id).await?)
    }
}
