//! `gotrue audit`: what was done, by whom.

use std::{collections::HashSet, time::Duration};

use clap::ArgGroup;
use gotrue::{
    admin::AuditLog,
    futures_util::TryStreamExt,
    types::{AuditLogEntry, AuditLogPayload},
    uuid::Uuid,
};

use crate::{context::Context, failure::Result, output::printable, time};

const COLUMNS: [&str; 6] = ["TIME", "ACTION", "WHO", "WHOM", "ABOUT", "FROM"];

/// What was done, by whom: the newest entries of the audit log.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("filter").args(["author", "action", "about"]))]
pub struct Audit {
    /// Only what was done by somebody with this in their address, number or name
    #[arg(long, value_name = "TEXT")]
    author: Option<String>,
    /// Only this action, such as login
    #[arg(long, value_name = "NAME")]
    action: Option<String>,
    /// Only what is about this: account, team, token, user, factor or `recovery_codes`
    #[arg(long, value_name = "NAME")]
    about: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    limit: usize,
    /// Goes on as entries are written, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// How often to look
    #[arg(long, value_parser = humantime::parse_duration, default_value = "2s", value_name = "TIME", requires = "follow")]
    interval: Duration,
}

impl Audit {
    pub async fn run(self, context: &Context) -> Result<()> {
        let log = self.question(context.admin()?.audit_log());
        if self.follow {
            return self.follow(context, &log).await;
        }
        let entries = self.newest(&log).await?;
        context.out.list(&COLUMNS, &entries, row)
    }

    fn question(&self, mut log: AuditLog) -> AuditLog {
        log = log.per_page(self.limit.clamp(1, 500) as u64);
        match (&self.author, &self.action, &self.about) {
            (Some(author), ..) => log.author(author),
            (_, Some(action), _) => log.action(action.as_str()),
            (.., Some(about)) => log.log_type(about.as_str()),
            _ => log,
        }
    }

    async fn newest(&self, log: &AuditLog) -> Result<Vec<AuditLogEntry>> {
        let mut entries = Vec::new();
        let mut stream = log.clone().stream();
        while entries.len() < self.limit
            && let Some(entry) = stream.try_next().await?
        {
            entries.push(entry);
        }
        Ok(entries)
    }

    /// The oldest first, as they were written. When nothing can be had for now, it says so and tries again.
    async fn follow(&self, context: &Context, log: &AuditLog) -> Result<()> {
        let mut seen = Seen::default();
        for entry in self.newest(log).await?.into_iter().rev() {
            seen.insert(&entry);
            print(context, &entry)?;
        }
        loop {
            tokio::time::sleep(self.interval).await;
            match since(log, &seen).await {
                Ok(entries) => {
                    for entry in entries.iter().rev() {
                        seen.insert(entry);
                        print(context, entry)?;
                    }
                }
                Err(error) if error.is_retryable() => context.out.warning(format!("{error}; trying again")),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The entries that have come, newest first. It goes through the log to the first that was seen.
async fn since(log: &AuditLog, seen: &Seen) -> Result<Vec<AuditLogEntry>, gotrue::Error> {
    let mut new = Vec::new();
    let mut stream = log.clone().stream();
    while let Some(entry) = stream.try_next().await? {
        if seen.is_older(&entry) {
            break;
        }
        if !seen.ids.contains(&entry.id) && new.iter().all(|known: &AuditLogEntry| known.id != entry.id) {
            new.push(entry);
        }
    }
    Ok(new)
}

/// The newest moment that was seen, and all entries of it.
#[derive(Debug, Default)]
struct Seen {
    moment: Option<gotrue::chrono::DateTime<gotrue::chrono::Utc>>,
    ids: HashSet<Uuid>,
}

impl Seen {
    fn insert(&mut self, entry: &AuditLogEntry) {
        if entry.created_at > self.moment {
            self.ids.clear();
            self.moment = entry.created_at;
        }
        self.ids.insert(entry.id);
    }

    fn is_older(&self, entry: &AuditLogEntry) -> bool {
        entry.created_at < self.moment
    }
}

/// A line by itself: nobody knows how wide the next will be.
fn print(context: &Context, entry: &AuditLogEntry) -> Result<()> {
    if context.out.json {
        return context.out.json(entry);
    }
    context.out.line(printable(row(entry).join("  ").trim_end()))
}

fn row(entry: &AuditLogEntry) -> Vec<String> {
    let payload = entry.payload.as_ref();
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        time::exact(entry.created_at),
        text(payload.and_then(|payload| payload.action.as_ref().map(ToString::to_string))),
        text(payload.and_then(|payload| payload.actor_username.clone().or_else(|| payload.actor_id.clone()))),
        text(payload.and_then(whom)),
        text(payload.and_then(|payload| payload.log_type.as_ref().map(ToString::to_string))),
        text(entry.ip_address.clone()),
    ]
}

/// The user to whom it was done, when that is somebody else.
fn whom(payload: &AuditLogPayload) -> Option<String> {
    let traits = payload.traits.as_ref()?;
    let names = ["user_email", "user_phone", "user_id"].iter().filter_map(|name| traits.get(name)?.as_str());
    names.map(str::to_owned).find(|name| !name.is_empty())
}
