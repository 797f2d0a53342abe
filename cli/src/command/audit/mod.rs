//! `gotrue audit`: the audit log.

pub mod entry;
mod follow;
mod recent;

use std::time::Duration;

use clap::ArgGroup;
use gotrue::{admin::AuditLog, futures_util::TryStreamExt};

use self::entry::{COLUMNS, cells};
use crate::{context::Context, failure::Result};

/// The number of entries per request, whatever the limit.
const PAGE: u64 = 200;

/// Show the audit log, newest entries first.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("filter").args(["author", "action", "about"]))]
pub struct Audit {
    /// Only entries whose actor's address, phone number or name contains this text
    #[arg(long, value_name = "TEXT")]
    author: Option<String>,
    /// Only entries with this action, such as login
    #[arg(long, value_name = "NAME")]
    action: Option<String>,
    #[arg(long, value_name = "TYPE")]
    #[arg(help = "Only entries of this type: account, team, token, user, factor or recovery_codes")]
    about: Option<String>,
    /// Maximum number of entries; with --follow, the number of earlier entries to print first
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    limit: usize,
    /// Print new entries as they are written, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// How often to look for new entries
    #[arg(long, value_parser = interval, default_value = "2s", value_name = "TIME", requires = "follow")]
    interval: Duration,
}

/// Parses an interval. Without one, the server would be asked incessantly.
fn interval(text: &str) -> std::result::Result<Duration, String> {
    let interval = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if interval < Duration::from_millis(1) { Err("must be at least 1ms".to_owned()) } else { Ok(interval) }
}

impl Audit {
    pub async fn run(self, context: &Context) -> Result<()> {
        let log = self.filtered(context.admin()?.audit_log().per_page(PAGE));
        if self.follow {
            return follow::follow(context, &log, self.limit, self.interval).await;
        }
        let mut entries = Vec::new();
        let mut stream = log.stream();
        while entries.len() < self.limit
            && let Some(entry) = stream.try_next().await?
        {
            entries.push(entry);
        }
        context.out.list(&COLUMNS, &entries, cells)
    }

    fn filtered(&self, log: AuditLog) -> AuditLog {
        match (&self.author, &self.action, &self.about) {
            (Some(author), ..) => log.author(author),
            (_, Some(action), _) => log.action(action.as_str()),
            (.., Some(about)) => log.log_type(about.as_str()),
            _ => log,
        }
    }
}
