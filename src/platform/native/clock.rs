//! The clock that counts suspended time.

use std::time::Duration;

/// Reads the clock that counts suspended time, which [`std::time::Instant`] does not do on Linux and Apple systems.
#[cfg(unix)]
pub(crate) fn uptime() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    // On Apple systems CLOCK_MONOTONIC counts suspended time; the other systems have no better clock.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;

    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

/// Reads the clock of [`std::time::Instant`], which counts suspended time on Windows.
#[cfg(not(unix))]
pub(crate) fn uptime() -> Duration {
    use std::{sync::LazyLock, time::Instant};

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
