//! `gotrue invite`: an invitation by mail.

use gotrue::serde_json::Value;

use crate::{command::show_user::show_user, context::Context, failure::Result, value_parser::json_object};

/// Invites somebody by mail.
#[derive(Debug, clap::Args)]
pub struct Invite {
    email: String,
    /// The metadata of the new user
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    data: Option<Value>,
    /// Where the link leads in the end; the server has to allow it
    #[arg(long, value_name = "URL")]
    redirect_to: Option<String>,
}

impl Invite {
    pub async fn run(self, context: &Context) -> Result<()> {
        let mut invite = gotrue::Invite::email(self.email);
        if let Some(data) = self.data {
            invite = invite.data(data);
        }
        if let Some(url) = self.redirect_to {
            invite = invite.redirect_to(url);
        }
        let user = context.admin()?.invite(invite).await?;
        show_user(context, &user)
    }
}
