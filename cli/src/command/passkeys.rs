//! `gotrue passkeys`: the passkeys of the signed-in user. Only a browser can register one.

use clap::Subcommand;
use gotrue::uuid::Uuid;

use crate::{context::Context, failure::Result, time};

const COLUMNS: [&str; 4] = ["ID", "NAME", "CREATED", "LAST USED"];

/// Manage the passkeys of the signed-in user.
#[derive(Debug, Subcommand)]
pub enum Passkeys {
    /// List passkeys
    #[command(visible_alias = "ls")]
    List,
    /// Remove a passkey
    #[command(visible_alias = "rm")]
    Remove {
        /// ID of the passkey
        passkey: Uuid,
    },
}

impl Passkeys {
    pub async fn run(self, context: &Context) -> Result<()> {
        let passkeys = context.session().await?.user().passkeys();
        match self {
            Self::List => context.out.list(&COLUMNS, &passkeys.list().await?, |passkey| {
                vec![
                    passkey.id.to_string(),
                    passkey.friendly_name.clone().unwrap_or_default(),
                    time::short(passkey.created_at),
                    time::short(passkey.last_used_at),
                ]
            }),
            Self::Remove { passkey } => {
                context.confirm(format!("Remove the passkey {passkey}?"))?;
                passkeys.delete(passkey).await?;
                context.out.note("removed");
                Ok(())
            }
        }
    }
}
