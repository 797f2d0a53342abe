//! The clock that the client uses, replaceable in tests.

mod skew;
mod system;

use std::{fmt, future::Future, pin::Pin, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

pub(crate) use skew::ClockSkew;
pub use system::SystemClock;

/// A source of time and delays. Tests pass a clock that they advance themselves, such as `gotrue_fake::ManualClock`.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the wall-clock time. It may be wrong, and it may jump.
    fn now(&self) -> DateTime<Utc>;

    /// Returns the time since a fixed moment in the past. It never jumps or goes back, and it includes the time that
    /// the machine was suspended, because tokens expire during that time too.
    fn uptime(&self) -> Duration;

    /// Waits until [`uptime`](Self::uptime) has advanced by this much. After a suspend, the wait ends within seconds.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) now: DateTime<Utc>,
    pub(crate) uptime: Duration,
}

impl Moment {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self { now: clock.now(), uptime: clock.uptime() }
    }

    /// Returns an earlier moment by its uptime.
    pub(crate) fn at_uptime(clock: &dyn Clock, uptime: Duration) -> Self {
        let present = Self::of(clock);
        let ago = TimeDelta::from_std(present.uptime.saturating_sub(uptime)).unwrap_or_default();
        Self { now: present.now.checked_sub_signed(ago).unwrap_or(present.now), uptime }
    }
}
