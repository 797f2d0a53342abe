//! `gotrue token`: an access token for scripts.

use gotrue::serde_json::json;

use crate::{context::Context, failure::Result};

/// Print a fresh access token, for scripts.
#[derive(Debug, clap::Args)]
pub struct Token {
    /// Request a new token even if the current one is still valid
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
