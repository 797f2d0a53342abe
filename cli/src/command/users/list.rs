//! `gotrue users list`: the users of the server.

use gotrue::{
    User,
    futures_util::{StreamExt, TryStreamExt},
    types::UserOrder,
};

use crate::{context::Context, failure::Result, output::counted, time};

const COLUMNS: [&str; 6] = ["ID", "EMAIL", "PHONE", "CREATED", "LAST SIGN-IN", "STATE"];

/// List users, newest first.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Only users whose email address or full name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Maximum number of users
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    limit: usize,
    /// List all users
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// List the oldest users first
    #[arg(long)]
    oldest_first: bool,
}

impl List {
    pub async fn run(self, context: &Context) -> Result<()> {
        let limit = if self.all { usize::MAX } else { self.limit };
        let mut list = context.admin()?.users().list().per_page(limit.clamp(1, 500) as u64);
        if let Some(filter) = self.filter {
            // The server stores addresses in lower case, and its filter is case-sensitive.
            list = list.filter(filter.to_lowercase());
        }
        if self.oldest_first {
            list = list.sort(UserOrder::CreatedAtAsc);
        }
        let mut users = list.stream();
        let count = if context.out.json {
            // One at a time, since there may be many.
            let mut count = 0;
            while count < limit
                && let Some(user) = users.try_next().await?
            {
                context.out.json(&user)?;
                count += 1;
            }
            count
        } else {
            let shown: Vec<User> = users.by_ref().take(limit).try_collect().await?;
            context.out.list(&COLUMNS, &shown, row)?;
            shown.len()
        };
        if count == limit && users.next().await.is_some() {
            let shown = counted(limit as u64, "user");
            context.out.note(format!("more than {shown}: use --limit, --all or --filter"));
        }
        Ok(())
    }
}

fn row(user: &User) -> Vec<String> {
    vec![
        user.id.to_string(),
        user.email.clone().unwrap_or_default(),
        user.phone.clone().unwrap_or_default(),
        time::short(user.created_at),
        time::short(user.last_sign_in_at),
        state(user).to_owned(),
    ]
}

/// What keeps the user from signing in, if anything.
fn state(user: &User) -> &'static str {
    let is_banned = user.banned_until.is_some_and(|until| until > gotrue::chrono::Utc::now());
    let is_confirmed = user.email_confirmed_at.is_some() || user.phone_confirmed_at.is_some();
    match user {
        User { deleted_at: Some(_), .. } => "deleted",
        _ if is_banned => "banned",
        User { is_anonymous: Some(true), .. } => "anonymous",
        _ if !is_confirmed => "unconfirmed",
        _ => "",
    }
}
