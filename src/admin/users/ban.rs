//! The duration of a ban.

use std::time::Duration;

use crate::error::{Error, Result};

#[derive(Clone, Copy, Debug)]
pub(super) enum Ban {
    For(Duration),
    Lifted,
}

impl Ban {
    /// Returns the value that the server parses: a Go duration, or `none`.
    pub(super) fn text(self) -> Result<String> {
        let Self::For(duration) = self else { return Ok("none".to_owned()) };
        // A Go duration is a signed 64-bit number of nanoseconds.
        if duration > Duration::from_nanos(i64::MAX.unsigned_abs()) {
            return Err(Error::invalid("ban duration", "must be at most 292 years"));
        }
        match (duration.as_secs(), duration.subsec_nanos()) {
            // The server would lift a ban.
            (0, 0) => Err(Error::invalid("ban duration", "must not be zero")),
            (seconds, 0) => Ok(format!("{seconds}s")),
            (seconds, nanos) => Ok(format!("{seconds}.{nanos:09}s")),
        }
    }
}
