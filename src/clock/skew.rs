//! How far this machine's clock is off, learnt from the server's.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, Duration, Utc};
use reqwest::header::HeaderValue;

/// The server's time minus this machine's.
#[derive(Debug)]
pub(crate) struct ClockSkew {
    millis: AtomicI64,
    /// What it was learnt from. In the same second there is nothing more to learn.
    date: Mutex<Option<HeaderValue>>,
}

/// Nothing was learnt yet.
const UNKNOWN: i64 = i64::MIN;

impl Default for ClockSkew {
    fn default() -> Self {
        Self { millis: AtomicI64::new(UNKNOWN), date: Mutex::default() }
    }
}

impl ClockSkew {
    /// Learns from the header `Date` of a reply that has just come. It is in whole seconds and has travelled a while,
    /// which is good enough for expiry.
    pub(crate) fn learn(&self, date: &HeaderValue, now: DateTime<Utc>) {
        let mut last = self.date.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() == Some(date) {
            return;
        }
        if let Some(moment) = date.to_str().ok().and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
            self.millis.store((moment.to_utc() - now).num_milliseconds(), Ordering::Relaxed);
            *last = Some(date.clone());
        }
    }

    pub(crate) fn get(&self) -> Option<Duration> {
        let millis = self.millis.load(Ordering::Relaxed);
        (millis != UNKNOWN).then(|| Duration::milliseconds(millis))
    }
}
