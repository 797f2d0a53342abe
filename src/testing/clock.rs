//! A clock that only the test moves.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time,
};

use chrono::{DateTime, Duration, Utc};

use crate::clock::Clock;

/// A clock that stands still until it is moved. Clones share the time.
///
/// ```
/// use gotrue::{Clock, testing::ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!((clock.now() - before).num_seconds(), 3600);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl ManualClock {
    /// A clock that stands at the first moment of 2026.
    #[must_use]
    pub fn new() -> Self {
        Self::at(DateTime::UNIX_EPOCH + Duration::days(20_454))
    }

    /// A clock that stands at this moment.
    #[must_use]
    pub fn at(moment: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(moment)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: time::Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += duration(by);
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, moment: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = moment;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A standard duration as one that dates can be moved by; what is too long for dates is a thousand years.
pub(super) fn duration(duration: time::Duration) -> Duration {
    Duration::from_std(duration).unwrap_or(Duration::days(365_000)).min(Duration::days(365_000))
}
