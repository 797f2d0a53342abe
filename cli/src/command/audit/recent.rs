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
    /// Returns whether an entry has not been seen.
    pub fn is_new(&self, entry: &AuditLogEntry) -> bool {
        !self.seen.contains_key(&entry.id)
    }

    /// Records an entry.
    pub fn record(&mut self, entry: &AuditLogEntry) {
        self.newest = self.newest.max(entry.created_at);
        self.seen.insert(entry.id, entry.created_at);
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

#[cfg(test)]
mod tests {
    use gotrue::serde_json::{self, json};

    use super::*;

    fn entry(number: u128, seconds: i64) -> AuditLogEntry {
        let time = DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap();
        let entry = json!({ "id": Uuid::from_u128(number), "created_at": time, "payload": {}, "ip_address": "" });
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn entries_are_remembered_for_a_minute_before_the_newest() {
        let mut recent = Recent::default();
        assert_eq!(recent.start(), None);
        for (number, seconds) in [(1, 0), (2, 100), (3, 40), (4, 39)] {
            assert!(recent.is_new(&entry(number, seconds)));
            recent.record(&entry(number, seconds));
            assert!(!recent.is_new(&entry(number, seconds)));
        }
        assert_eq!(recent.start(), entry(0, 40).created_at);
        recent.forget_old();
        let is_new = |number: u128, seconds| recent.is_new(&entry(number, seconds));
        assert!(!is_new(2, 100) && !is_new(3, 40));
        assert!(is_new(1, 0) && is_new(4, 39));
    }
}
