//! `gotrue link`: links to deliver by other means. Anyone who opens one is signed in.

use clap::{Args, Subcommand};
use gotrue::{
    admin::{GenerateLink, GeneratedLink},
    serde_json::{Value, json},
};

use crate::{context::Context, failure::Result, prompt, value_parser::json_object};

/// Generate the link that a mail would contain, without sending it.
#[derive(Debug, Subcommand)]
pub enum Link {
    /// Confirm the address of a new user; prompts for the password
    Signup(NewUser),
    /// Sign in; creates the user if there is none
    #[command(name = "magic-link")]
    Magic(NewUser),
    /// Sign in to set a new password
    Recovery(ExistingUser),
    /// Accept an invitation; creates the user
    Invite(NewUser),
    /// Confirm a change of address, for the current address
    EmailChangeCurrent(EmailChange),
    /// Confirm a change of address, for the new address
    EmailChangeNew(EmailChange),
}

#[derive(Debug, Args)]
pub struct NewUser {
    /// Email address
    email: String,
    /// User metadata of the new user
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    data: Option<Value>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub struct ExistingUser {
    /// Email address
    email: String,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub struct EmailChange {
    /// Current email address
    email: String,
    /// New email address
    new_email: String,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct Options {
    /// Where the link redirects to; the server must allow this URL
    #[arg(long, value_name = "URL")]
    redirect_to: Option<String>,
}

impl Link {
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
            Self::Magic(new) => new.apply(GenerateLink::magic_link(&new.email)),
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

impl NewUser {
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

/// Prints only the link, so that scripts can use it. It is a secret, but it is what was asked for.
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
    context.out.note(format!("type: {}, redirects to: {}", link.verification_type, link.redirect_to));
    context.out.line(link.action_link.expose())
}
