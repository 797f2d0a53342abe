//! The pause after a failed refresh.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::{error::Error, store::Revision};

/// The pause after the first failure. It doubles with each further failure, up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// The longest pause before a refresh that a caller waits for, unless the server asks for more.
const LONGEST_FOR_CALLERS: Duration = Duration::from_secs(5);

/// The cap on `Retry-After`.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The pause after a failed refresh, in uptime of the clock.
pub(super) struct Cooldown {
    /// The record whose refresh token is not used during the pause.
    pub(super) record: Revision,
    /// The error of the last attempt, which callers get during the pause.
    pub(super) error: Error,
    failures: usize,
    until: Duration,
    until_for_callers: Duration,
}

impl Cooldown {
    /// Starts the pause after a failure. `before` is the pause after the previous failure.
    pub(super) fn new(record: Revision, error: Error, uptime: Duration, before: Option<&Self>) -> Self {
        let failures = before.map_or(0, |cooldown| cooldown.failures);
        let own = pause(failures);
        let asked_for = error.retry_after().unwrap_or_default().min(LONGEST_RETRY_AFTER);
        Self {
            record,
            error,
            failures: failures + 1,
            until: uptime.saturating_add(own.max(asked_for)),
            until_for_callers: uptime.saturating_add(own.min(LONGEST_FOR_CALLERS).max(asked_for)),
        }
    }

    /// Returns when the next attempt makes sense: sooner if it is urgent, since a caller is waiting.
    pub(super) fn until(&self, is_urgent: bool) -> Duration {
        if is_urgent { self.until_for_callers } else { self.until }
    }
}

/// Returns the pause after a failure that follows this many others.
fn pause(failures: usize) -> Duration {
    let pauses = ExponentialBuilder::default().with_min_delay(FIRST).with_max_delay(LONGEST);
    let mut pauses = pauses.with_max_times(failures + 1).with_jitter().build();
    pauses.nth(failures).unwrap_or(LONGEST)
}
