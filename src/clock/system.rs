//! The clock of this machine.

use std::{future::Future, pin::Pin, time::Duration};

use chrono::{DateTime, Utc};

use super::Clock;

/// The longest single wait by tokio, whose timers stand still while the machine is suspended.
const SLICE: Duration = Duration::from_secs(5);

/// The clock of this machine. Its uptime includes the time that the machine was suspended. Waits use tokio's timers, in
/// slices of five seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn uptime(&self) -> Duration {
        uptime()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let until = uptime().saturating_add(duration);
            loop {
                let remaining = until.saturating_sub(uptime());
                if remaining.is_zero() {
                    return;
                }
                tokio::time::sleep(remaining.min(SLICE)).await;
            }
        })
    }
}

/// Reads the clock that counts suspended time, which [`std::time::Instant`] does not do on Linux and Apple systems.
#[cfg(unix)]
fn uptime() -> Duration {
    use nix::time::{ClockId, clock_gettime};

    // On Apple systems CLOCK_MONOTONIC counts suspended time; the other systems have no better clock.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::CLOCK_BOOTTIME;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::CLOCK_MONOTONIC;

    clock_gettime(CLOCK).map(Duration::from).unwrap_or_default()
}

/// Reads the clock of [`std::time::Instant`], which counts suspended time on Windows.
#[cfg(not(unix))]
fn uptime() -> Duration {
    use std::{sync::LazyLock, time::Instant};

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
