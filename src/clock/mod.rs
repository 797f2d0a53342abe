//! Time as an argument.

mod skew;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::LazyLock,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

pub(crate) use skew::ClockSkew;

/// Tells the time, and waits. A test passes a clock that it moves itself, such as `gotrue_fake::ManualClock`.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now, as people tell it. It may be wrong, and it may jump.
    fn now(&self) -> DateTime<Utc>;

    /// The time since some moment in the past. It never jumps and never goes back.
    fn uptime(&self) -> Duration;

    /// Waits that long.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The clock of this machine. It waits by tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// When the first of this process was asked for.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn uptime(&self) -> Duration {
        START.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}
