//! `gotrue users ban` and `unban`: blocking sign-ins.

use std::time::Duration;

use super::find::find;
use crate::{command::show_user::show_user, context::Context, failure::Result};

/// Ban a user for a time.
#[derive(Debug, clap::Args)]
pub struct Ban {
    /// ID, e-mail address or phone number of the user
    user: String,
    /// Duration of the ban, such as 24h, 30days or 10years
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

/// Lift the ban of a user.
#[derive(Debug, clap::Args)]
pub struct Unban {
    /// ID, e-mail address or phone number of the user
    user: String,
}

impl Unban {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let user = find(&users, &self.user).await?;
        show_user(context, &users.unban(user.id).await?)
    }
}
