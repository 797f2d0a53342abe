//! The clock of this machine.

use std::{future::Future, pin::Pin, time::Duration};

use chrono::{DateTime, Utc};

use super::Clock;
use crate::platform;

/// The longest single wait by a timer, since timers stand still while the machine is suspended.
const SLICE: Duration = Duration::from_secs(5);

/// The clock of this machine. Its uptime includes the time that the machine was suspended. Waits use the timers of tokio
/// or the browser, in slices of five seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn uptime(&self) -> Duration {
        platform::uptime()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let until = platform::uptime().saturating_add(duration);
            loop {
                let remaining = until.saturating_sub(platform::uptime());
                if remaining.is_zero() {
                    return;
                }
                platform::sleep(remaining.min(SLICE)).await;
            }
        })
    }
}
