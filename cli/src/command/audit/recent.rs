//! The entries of the audit log that have been seen.

use std::collections::HashMap;

use gotrue::{
    chrono::{DateTime, TimeDelta, Utc},
    types::AuditLogEntry,
    uuid::Uuid,
};

/// How far to read back beyond the newest entry. Concurrent transactions commit entries out of order, so an entry may
/// appear after a newer one.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);

/// The IDs of recent entries, with their times.
#[derive(Debug, Default)]
pub struct Recent {
    newest: Option<DateTime<Utc>>,
    seen: HashMap<Uuid, Option<DateTime<Utc>>>,
}

impl Recent {
    /// Records an entry. Returns whether it had not been seen.
    pub fn is_new(&mut self, entry: &AuditLogEntry) -> bool {
        self.newest = self.newest.max(entry.created_at);
        self.seen.insert(entry.id, entry.created_at).is_none()
    }

    /// The time before which no unseen entries are expected.
    pub fn start(&self) -> Option<DateTime<Utc>> {
        self.newest.and_then(overlap_start)
    }

    /// Forgets entries that will not be read again.
    pub fn forget_old(&mut self) {
        let start = self.start();
        self.seen.retain(|_, created_at| created_at.is_none() || *created_at >= start);
    }
}

/// The time before which no unseen entries are expected if this is the time of the newest one.
pub fn overlap_start(newest: DateTime<Utc>) -> Option<DateTime<Utc>> {
    newest.checked_sub_signed(OVERLAP)
}
