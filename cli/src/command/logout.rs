//! `gotrue logout`: the end of the session.

use gotrue::SignOutScope;

use crate::{context::Context, failure::Result};

/// Sign out.
#[derive(Debug, clap::Args)]
pub struct Logout {
    /// End all sessions of the user, on all devices
    #[arg(long)]
    all: bool,
    /// End all sessions of the user except this one
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
            context.out.note("not signed in");
            return Ok(());
        }
        manager.sign_out(scope).await?;
        context.out.note(if scope == SignOutScope::Others { "ended the other sessions" } else { "signed out" });
        Ok(())
    }
}
