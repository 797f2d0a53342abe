//! Access-token expiry on a monotonic clock.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::session::Session;

/// A token is refreshed this long before it expires, or a quarter of its lifetime if that is shorter.
const MARGIN: Duration = Duration::from_secs(60);

/// Callers wait for the refresh when a token expires within this time, or a quarter of its lifetime if that is shorter.
const LAST_MOMENT: Duration = Duration::from_secs(5);

/// The server counts lifetimes in whole seconds, so a token may expire up to one second early.
const ALLOWANCE: Duration = Duration::from_secs(1);

/// A shorter lifetime, such as zero, counts as this one, so that not every call refreshes.
const MIN_LIFETIME: Duration = Duration::from_secs(1);

/// The expiry of an access token, in uptime of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expiry {
    /// A refresh is due.
    pub(super) due_at: Duration,
    /// The token is still valid, but callers wait for the refresh.
    pub(super) last_moment_at: Duration,
    /// The token may be refused.
    pub(super) expires_at: Duration,
    /// The lifetime of a new token.
    pub(super) lifetime: Duration,
}

impl Expiry {
    /// Returns the expiry of a session that was just received. Its lifetime counts from before the request was sent.
    pub(super) fn of_new(session: &Session, uptime: Duration) -> Self {
        let requested_at = session.requested_at().unwrap_or(uptime).min(uptime);
        let lifetime = lifetime(session);
        let expires_at = if lifetime <= MIN_LIFETIME {
            // Counts from now, so that the minimum holds even if the response was slow.
            uptime.saturating_add(MIN_LIFETIME)
        } else {
            requested_at.saturating_add(lifetime.saturating_sub(ALLOWANCE))
        };
        Self::new(expires_at, lifetime)
    }

    /// Returns the expiry of a session from a store, by the wall clock. If the wall clock has been set back in between,
    /// a refresh is due.
    pub(super) fn of_stored(session: &Session, uptime: Duration, now: DateTime<Utc>) -> Self {
        let lifetime = lifetime(session);
        let remaining = (session.expires_at() - now).to_std().unwrap_or_default();
        if remaining > lifetime {
            // The record is from the future, so the remaining lifetime of the token is unknown.
            let expires_at = uptime.saturating_add(lifetime.saturating_sub(ALLOWANCE));
            return Self { due_at: uptime, ..Self::new(expires_at, lifetime) };
        }
        Self::new(uptime.saturating_add(remaining.saturating_sub(ALLOWANCE)), lifetime)
    }

    fn new(expires_at: Duration, lifetime: Duration) -> Self {
        let before = |margin: Duration| expires_at.saturating_sub(margin.min(lifetime / 4));
        Self { due_at: before(MARGIN), last_moment_at: before(LAST_MOMENT), expires_at, lifetime }
    }
}

fn lifetime(session: &Session) -> Duration {
    Duration::from_secs(session.expires_in().try_into().unwrap_or_default())
}
