//! `gotrue invite`: invitations by email.

use gotrue::SetOptional;
use gotrue::serde_json::Value;

use crate::{command::show_user::show_user, context::Context, failure::Result, value_parser::json_object};

/// Invite a user by email.
#[derive(Debug, clap::Args)]
pub struct Invite {
    /// Email address
    email: String,
    /// User metadata of the new user
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    data: Option<Value>,
    /// Where the link redirects to; the server must allow this URL
    #[arg(long, value_name = "URL")]
    redirect_to: Option<String>,
}

impl Invite {
    pub async fn run(self, context: &Context) -> Result<()> {
        let mut invite = gotrue::admin::Invite::email(self.email);
        invite = invite
            .maybe(self.data, gotrue::admin::Invite::data)
            .maybe(self.redirect_to, gotrue::admin::Invite::redirect_to);
        let user = context.admin()?.invite(invite).await?;
        show_user(context, &user)
    }
}
