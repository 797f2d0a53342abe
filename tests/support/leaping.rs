//! A clock for which waiting takes no time: it leaps to when the wait is over, and counts the leaps.

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gotrue::{Clock, chrono::{DateTime, Utc}};
use gotrue_fake::ManualClock;

#[derive(Clone, Debug, Default)]
pub struct LeapingClock {
    clock: ManualClock,
    leaps: Arc<AtomicUsize>,
}

impl LeapingClock {
    /// How often somebody has waited.
    pub fn leaps(&self) -> usize {
        self.leaps.load(Ordering::Relaxed)
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn uptime(&self) -> Duration {
        self.clock.uptime()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.leaps.fetch_add(1, Ordering::Relaxed);
        self.clock.advance(duration);
        Box::pin(ready(()))
    }
}
