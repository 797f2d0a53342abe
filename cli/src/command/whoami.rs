//! `gotrue whoami`: the signed-in user.

use crate::{command::show_user::show_user, context::Context, failure::Result};

/// Show the signed-in user.
#[derive(Debug, clap::Args)]
pub struct Whoami;

impl Whoami {
    pub async fn run(self, context: &Context) -> Result<()> {
        let user = context.session().await?.user().get().await?;
        show_user(context, &user)
    }
}
