//! `gotrue whoami`, `token` and `logout`: the session that `gotrue login` began.

use gotrue::{SignOutScope, serde_json::json};

use crate::{command::show_user::show_user, context::Context, failure::Result};

/// Shows who is signed in.
#[derive(Debug, clap::Args)]
pub struct Whoami;

impl Whoami {
    pub async fn run(self, context: &Context) -> Result<()> {
        let user = context.session().await?.user().await?.get().await?;
        show_user(context, &user)
    }
}

/// Prints a fresh access token, for scripts.
#[derive(Debug, clap::Args)]
pub struct Token {
    /// Asks for a new one, also when the last is still good
    #[arg(long)]
    refresh: bool,
}

impl Token {
    pub async fn run(self, context: &Context) -> Result<()> {
        let manager = context.session().await?;
        if self.refresh {
            manager.refresh().await?;
        }
        let token = manager.access_token().await?;
        if !context.out.json {
            return context.out.line(token.expose());
        }
        let expires_at = manager.session().map(|session| session.expires_at());
        context.out.json(&json!({ "access_token": token, "expires_at": expires_at }))
    }
}

/// Signs out.
#[derive(Debug, clap::Args)]
pub struct Logout {
    /// Ends all sessions of the user, on all devices
    #[arg(long)]
    all: bool,
    /// Ends all sessions of the user but this one
    #[arg(long, conflicts_with = "all")]
    others: bool,
}

impl Logout {
    pub async fn run(self, context: &Context) -> Result<()> {
        let scope = match self {
            Self { all: true, .. } => SignOutScope::Global,
            Self { others: true, .. } => SignOutScope::Others,
            _ => SignOutScope::Local,
        };
        let manager = context.session().await?;
        if manager.session().is_none() {
            context.out.note("nobody was signed in");
            return Ok(());
        }
        manager.sign_out(scope).await?;
        context.out.note(if scope == SignOutScope::Others { "the other sessions are over" } else { "signed out" });
        Ok(())
    }
}
