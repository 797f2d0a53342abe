//! `gotrue passkeys`: the passkeys of whoever is signed in. A browser registers them.

use clap::Subcommand;
use gotrue::uuid::Uuid;

use crate::{context::Context, failure::Result, time};

const COLUMNS: [&str; 4] = ["ID", "NAME", "CREATED", "LAST USED"];

/// The passkeys of whoever is signed in.
#[derive(Debug, Subcommand)]
pub enum Passkeys {
    /// Shows the passkeys
    #[command(visible_alias = "ls")]
    List,
    /// Removes a passkey
    #[command(visible_alias = "rm")]
    Remove { passkey: Uuid },
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
