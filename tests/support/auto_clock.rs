//! A clock on which sleeping takes no time.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gotrue::{
    Clock,
    chrono::{DateTime, Utc},
};
use gotrue_fake::ManualClock;

/// Advances to the deadline as soon as something sleeps, and counts the sleeps.
#[derive(Clone, Debug, Default)]
pub struct AutoClock {
    clock: ManualClock,
    sleeps: Arc<AtomicUsize>,
}

impl AutoClock {
    /// Returns the number of sleeps so far.
    pub fn sleeps(&self) -> usize {
        self.sleeps.load(Ordering::Relaxed)
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

impl Clock for AutoClock {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn uptime(&self) -> Duration {
        self.clock.uptime()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let Self { clock, sleeps } = self.clone();
        // Only a sleep that something waits for counts.
        Box::pin(async move {
            sleeps.fetch_add(1, Ordering::Relaxed);
            clock.advance(duration);
        })
    }
}
