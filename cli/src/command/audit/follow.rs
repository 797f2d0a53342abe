//! `gotrue audit --follow`.

use std::{collections::HashSet, time::Duration};

use gotrue::{admin::AuditLog, futures_util::TryStreamExt, types::AuditLogEntry};

use super::{
    entry::line,
    recent::{Recent, overlap_start},
};
use crate::{context::Context, failure::Result};

/// Prints the last entries, then new ones as they are written, oldest first. Retries while the server is unavailable.
pub async fn follow(context: &Context, log: &AuditLog, limit: usize, interval: Duration) -> Result<()> {
    let mut recent = Recent::default();
    for entry in unseen(log, &mut recent, limit).await?.iter().take(limit).rev() {
        print(context, entry)?;
    }
    loop {
        tokio::time::sleep(interval).await;
        match unseen(log, &mut recent, 0).await {
            Ok(entries) => entries.iter().rev().try_for_each(|entry| print(context, entry))?,
            Err(error) if error.is_retryable() => context.out.warning(format!("{error}; trying again")),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Returns the entries that have not been seen, newest first, and at least this many if there are as many. Reads the
/// log back to where no more unseen entries are expected.
async fn unseen(log: &AuditLog, recent: &mut Recent, at_least: usize) -> Result<Vec<AuditLogEntry>, gotrue::Error> {
    let (mut read, mut entries, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
    let mut stream = log.clone().stream();
    let mut oldest = recent.start();
    while let Some(entry) = stream.try_next().await? {
        // Initially, the first entry is the newest.
        oldest = oldest.or_else(|| entry.created_at.and_then(overlap_start));
        if entries.len() >= at_least && entry.created_at < oldest {
            break;
        }
        // New entries move others to the next page, so that they are read twice.
        if recent.is_new(&entry) && ids.insert(entry.id) {
            entries.push(entry.clone());
        }
        read.push(entry);
    }
    // Only now: if a page cannot be read, the entries of the pages before it are read again.
    for entry in &read {
        recent.record(entry);
    }
    recent.forget_old();
    Ok(entries)
}

fn print(context: &Context, entry: &AuditLogEntry) -> Result<()> {
    if context.out.json { context.out.json(entry) } else { context.out.line(line(entry)) }
}
