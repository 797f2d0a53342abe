//! `gotrue mfa recovery-codes`: the recovery codes of the signed-in user.

use clap::Subcommand;
use gotrue::{serde_json::json, types::RecoveryCodeSet, user};

use crate::{context::Context, failure::Result, prompt};

/// Manage recovery codes, each of which stands in for a second factor once.
#[derive(Debug, Subcommand)]
pub enum RecoveryCodes {
    /// Show how many codes are left
    Status,
    /// Generate codes; requires a session of aal2
    Generate {
        /// Name of the set
        #[arg(long)]
        name: Option<String>,
    },
    /// Replace the codes; the previous ones stop working
    Regenerate,
    /// Use up a code; raises the session to aal2
    Verify,
    /// Delete the codes
    #[command(visible_alias = "rm")]
    Delete,
}

impl RecoveryCodes {
    pub async fn run(self, context: &Context, codes: &user::RecoveryCodes) -> Result<()> {
        match self {
            Self::Status => {
                let status = codes.status().await?;
                if context.out.json {
                    return context.out.json(&status);
                }
                context.out.line(format!("{} of {} codes are left", status.remaining, status.total))
            }
            Self::Generate { name } => {
                let set = match name {
                    Some(name) => codes.generate_named(name).await?,
                    None => codes.generate().await?,
                };
                show(context, &set)
            }
            Self::Regenerate => {
                context.confirm("Replace the recovery codes?")?;
                show(context, &codes.regenerate().await?)
            }
            Self::Verify => {
                codes.verify(prompt::secret("Recovery code")?).await?;
                context.out.note("verified; the session is now aal2");
                Ok(())
            }
            Self::Delete => {
                context.confirm("Delete the recovery codes?")?;
                codes.delete().await?;
                context.out.note("deleted");
                Ok(())
            }
        }
    }
}

fn show(context: &Context, set: &RecoveryCodeSet) -> Result<()> {
    if context.out.json {
        return context.out.json(&json!({ "id": set.id, "name": set.friendly_name, "codes": set.codes }));
    }
    for code in &set.codes {
        context.out.line(code.expose())?;
    }
    context.out.note("keep these codes in a safe place; they are not shown again");
    Ok(())
}
