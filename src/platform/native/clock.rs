//! The clock that counts suspended time.

use std::{sync::LazyLock, time::Duration};

use boot_time::Instant;

/// Reads the clock that counts suspended time, which [`std::time::Instant`] does not do on Linux and Apple systems.
pub(crate) fn uptime() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
