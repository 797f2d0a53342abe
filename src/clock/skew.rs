//! The clock skew between this machine and the server.

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
    /// The `Date` header that it was computed from. An equal header does not update it.
    date: Mutex<Option<HeaderValue>>,
}

/// No `Date` header has been received yet.
const UNKNOWN: i64 = i64::MIN;

impl Default for ClockSkew {
    fn default() -> Self {
        Self { millis: AtomicI64::new(UNKNOWN), date: Mutex::default() }
    }
}

impl ClockSkew {
    /// Updates the skew from the `Date` header of a response that has just arrived. The header has a resolution of one
    /// second and ignores latency, which is accurate enough for expiry.
    pub(crate) fn learn(&self, date: &HeaderValue, now: impl FnOnce() -> DateTime<Utc>) {
        let mut last = self.date.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() == Some(date) {
            return;
        }
        if let Some(moment) = date.to_str().ok().and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
            self.millis.store((moment.to_utc() - now()).num_milliseconds(), Ordering::Relaxed);
            *last = Some(date.clone());
        }
    }

    pub(crate) fn get(&self) -> Option<Duration> {
        let millis = self.millis.load(Ordering::Relaxed);
        (millis != UNKNOWN).then(|| Duration::milliseconds(millis))
    }
}
