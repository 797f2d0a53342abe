//! `gotrue users get`: one user.

use super::find::find;
use crate::{command::show_user::show_user, context::Context, failure::Result};

/// Show a user.
#[derive(Debug, clap::Args)]
pub struct Get {
    /// ID, email address or phone number of the user
    user: String,
}

impl Get {
    pub async fn run(self, context: &Context) -> Result<()> {
        let user = find(&context.admin()?.users(), &self.user).await?;
        show_user(context, &user)
    }
}
