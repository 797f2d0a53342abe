//! `gotrue users factors`: the second factors of a user.

use clap::Subcommand;
use gotrue::types::Factor;

use super::find::{find, name_of};
use crate::{context::Context, failure::Result, output::counted, time};

const COLUMNS: [&str; 6] = ["ID", "TYPE", "NAME", "STATUS", "PHONE", "CREATED"];

/// Manage the second factors of a user.
#[derive(Debug, Subcommand)]
pub enum Factors {
    /// List the factors of a user
    #[command(visible_alias = "ls")]
    List {
        /// ID, email address or phone number of the user
        user: String,
    },
    /// Remove all factors of a user who has lost them; the user can then sign in without a second factor
    Reset {
        /// ID, email address or phone number of the user
        user: String,
    },
}

impl Factors {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        match self {
            Self::List { user } => {
                let user = find(&users, &user).await?;
                context.out.list(&COLUMNS, &users.factors(user.id).list().await?, row)
            }
            Self::Reset { user } => {
                let user = find(&users, &user).await?;
                let factors = users.factors(user.id).list().await?;
                if factors.is_empty() {
                    context.out.note("none");
                    return Ok(());
                }
                let name = name_of(&user);
                let count = counted(factors.len() as u64, "factor");
                context.confirm(format!("Make sure that it is them. Remove {count} of {name}?"))?;
                for factor in factors {
                    users.factors(user.id).delete(factor.id).await?;
                    context.out.note(format!("removed {} ({})", factor.id, factor.factor_type));
                }
                Ok(())
            }
        }
    }
}

fn row(factor: &Factor) -> Vec<String> {
    vec![
        factor.id.to_string(),
        factor.factor_type.to_string(),
        factor.friendly_name.clone().unwrap_or_default(),
        factor.status.to_string(),
        factor.phone.clone().unwrap_or_default(),
        time::short(factor.created_at),
    ]
}
