//! `gotrue link`: links to be sent by other means. Whoever has one is signed in.

use clap::{Args, Subcommand};
use gotrue::{
    GenerateLink, GeneratedLink,
    serde_json::{Value, json},
};

use crate::{context::Context, failure::Result, prompt, value_parser::json_object};

/// Makes a link as a mail would have it, and sends nothing.
#[derive(Debug, Subcommand)]
pub enum Kind {
    /// Confirms the address of a new user, whose password is asked for
    Signup(ForSomebodyNew),
    /// Signs in; somebody unknown becomes a user
    MagicLink(ForSomebodyNew),
    /// Signs in, so that a new password can be set
    Recovery(ForSomebodyKnown),
    /// Accepts an invitation; the user is created
    Invite(ForSomebodyNew),
    /// Confirms a new address, at the present one
    EmailChangeCurrent(EmailChange),
    /// Confirms a new address, at the new one
    EmailChangeNew(EmailChange),
}

#[derive(Debug, Args)]
pub struct ForSomebodyNew {
    email: String,
    /// The metadata of the new user
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    data: Option<Value>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub struct ForSomebodyKnown {
    email: String,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub struct EmailChange {
    email: String,
    new_email: String,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct Options {
    /// Where the link leads in the end; the server has to allow it
    #[arg(long, value_name = "URL")]
    redirect_to: Option<String>,
}

impl Kind {
    pub async fn run(self, context: &Context) -> Result<()> {
        let admin = context.admin()?;
        let link = admin.generate_link(self.into_request()?).await?;
        show(context, &link)
    }

    fn into_request(self) -> Result<GenerateLink> {
        Ok(match self {
            Self::Signup(new) => {
                let link = GenerateLink::sign_up(&new.email, prompt::secret("Password of the new user")?);
                new.apply(link)
            }
            Self::MagicLink(new) => new.apply(GenerateLink::magic_link(&new.email)),
            Self::Invite(new) => new.apply(GenerateLink::invite(&new.email)),
            Self::Recovery(known) => known.options.apply(GenerateLink::recovery(known.email)),
            Self::EmailChangeCurrent(change) => {
                change.options.apply(GenerateLink::email_change_current(change.email, change.new_email))
            }
            Self::EmailChangeNew(change) => {
                change.options.apply(GenerateLink::email_change_new(change.email, change.new_email))
            }
        })
    }
}

impl ForSomebodyNew {
    fn apply(&self, link: GenerateLink) -> GenerateLink {
        let link = self.options.apply(link);
        match &self.data {
            Some(data) => link.data(data.clone()),
            None => link,
        }
    }
}

impl Options {
    fn apply(&self, link: GenerateLink) -> GenerateLink {
        match &self.redirect_to {
            Some(url) => link.redirect_to(url),
            None => link,
        }
    }
}

/// The link alone, so that a script can take it. It is what was asked for, so it is shown.
fn show(context: &Context, link: &GeneratedLink) -> Result<()> {
    if context.out.json {
        return context.out.json(&json!({
            "action_link": link.action_link,
            "email_otp": link.email_otp,
            "token_hash": link.token_hash(),
            "verification_type": link.verification_type,
            "redirect_to": link.redirect_to,
            "user_id": link.user.id,
        }));
    }
    context.out.note(format!("a link of {} that leads to {}", link.verification_type, link.redirect_to));
    context.out.line(link.action_link.expose())
}
