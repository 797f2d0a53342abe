//! `gotrue users count`: the number of users.

use gotrue::serde_json::json;

use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
};

/// Count users.
#[derive(Debug, clap::Args)]
pub struct Count {
    /// Only users whose email address or full name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

impl Count {
    pub async fn run(self, context: &Context) -> Result<()> {
        let mut list = context.admin()?.users().list().per_page(1);
        if let Some(filter) = self.filter {
            // The server stores addresses in lower case, and its filter is case-sensitive.
            list = list.filter(filter.to_lowercase());
        }
        let total = list.get().await?.total;
        let total =
            total.ok_or_else(|| Failure::new(Exit::Refused, "the server did not return the number of users"))?;
        if context.out.json {
            context.out.json(&json!({ "users": total }))
        } else {
            context.out.line(total.to_string())
        }
    }
}
