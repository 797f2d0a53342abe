//! A clock that a test advances.

use std::{future::Future, pin::Pin, sync::Arc, time};

use chrono::{DateTime, Duration, Utc};
use gotrue::Clock;
use tokio::sync::watch;

/// A clock that stands still until it is advanced. Clones share the time.
///
/// ```
/// use gotrue::Clock;
/// use gotrue_fake::ManualClock;
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!((clock.now() - before).num_seconds(), 3600);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<watch::Sender<Time>>);

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.borrow().now
    }

    fn uptime(&self) -> time::Duration {
        self.0.borrow().uptime
    }

    fn sleep(&self, duration: time::Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut time = self.0.subscribe();
        let until = time.borrow().uptime.saturating_add(duration);
        Box::pin(async move {
            // An error means that the clock is gone, so that time never passes.
            if time.wait_for(|time| time.uptime >= until).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    now: DateTime<Utc>,
    uptime: time::Duration,
}

impl ManualClock {
    /// Returns a clock at the start of 2026 (UTC).
    #[must_use]
    pub fn new() -> Self {
        Self::at(DateTime::UNIX_EPOCH + Duration::days(20_454))
    }

    /// Returns a clock at this time.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(watch::Sender::new(Time { now, uptime: time::Duration::ZERO })))
    }

    /// Advances the time, and wakes the tasks whose wait is over.
    pub fn advance(&self, by: time::Duration) {
        self.0.send_modify(|time| {
            time.now += duration(by);
            time.uptime += by;
        });
    }

    /// Lets time pass as on a suspended laptop: the wall clock and the uptime go on, but no timer runs. Waits that are
    /// over end when the time is next [advanced](Self::advance).
    pub fn suspend(&self, by: time::Duration) {
        self.0.send_if_modified(|time| {
            time.now += duration(by);
            time.uptime += by;
            // No task is notified.
            false
        });
    }

    /// Sets the wall-clock time, forward or back, as when the clock of a device is corrected. [`Clock::uptime`] does
    /// not change.
    pub fn set(&self, moment: DateTime<Utc>) {
        self.0.send_modify(|time| time.now = moment);
    }

    /// Returns how many tasks are waiting on the clock.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.0.receiver_count()
    }
}

/// Converts a standard duration, capped at a thousand years.
pub(crate) fn duration(duration: time::Duration) -> Duration {
    Duration::from_std(duration).unwrap_or(Duration::days(365_000)).min(Duration::days(365_000))
}
