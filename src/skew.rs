//! How far this machine's clock is off, learnt from the server's.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};

/// The server's time minus this machine's, in milliseconds.
#[derive(Debug)]
pub(crate) struct ClockSkew(AtomicI64);

/// Nothing was learnt yet.
const UNKNOWN: i64 = i64::MIN;

impl Default for ClockSkew {
    fn default() -> Self {
        Self(AtomicI64::new(UNKNOWN))
    }
}

impl ClockSkew {
    /// Learns from the header `Date` of a reply that has just come. It is in whole seconds and has travelled a while,
    /// which is good enough for expiry.
    pub(crate) fn learn(&self, date: Option<&str>, now: DateTime<Utc>) {
        if let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
            self.0.store((date.to_utc() - now).num_milliseconds(), Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self) -> Option<Duration> {
        let millis = self.0.load(Ordering::Relaxed);
        (millis != UNKNOWN).then(|| Duration::milliseconds(millis))
    }
}
