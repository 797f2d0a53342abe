//! A clock that only the test moves.

use std::{future::Future, pin::Pin, sync::Arc, time};

use chrono::{DateTime, Duration, Utc};
use tokio::sync::watch;

use gotrue::Clock;

/// A clock that stands still until it is moved. Clones share the time.
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

#[derive(Clone, Copy, Debug)]
struct Time {
    now: DateTime<Utc>,
    uptime: time::Duration,
}

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
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(watch::Sender::new(Time { now, uptime: time::Duration::ZERO })))
    }

    /// Lets time pass. Whoever waits long enough wakes up.
    pub fn advance(&self, by: time::Duration) {
        self.0.send_modify(|time| {
            time.now += duration(by);
            time.uptime += by;
        });
    }

    /// Sets what people call the time, forward or back, as when a device learns that its clock was wrong. No time
    /// passes by that.
    pub fn set(&self, moment: DateTime<Utc>) {
        self.0.send_modify(|time| time.now = moment);
    }

    /// How many are waiting for time to pass.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.0.receiver_count()
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
            // An error says that the clock is gone, and then no time will ever pass.
            if time.wait_for(|time| time.uptime >= until).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// A standard duration as one that dates can be moved by; what is too long for dates is a thousand years.
pub(super) fn duration(duration: time::Duration) -> Duration {
    Duration::from_std(duration).unwrap_or(Duration::days(365_000)).min(Duration::days(365_000))
}
