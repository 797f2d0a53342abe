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
    /// a refresh is due. A difference of less than the margin is one between the clocks of two machines, or the fraction
    /// of a second that a `Date` header lacks.
    pub(super) fn of_stored(session: &Session, uptime: Duration, now: DateTime<Utc>) -> Self {
        let lifetime = lifetime(session);
        let remaining = (session.expires_at() - now).to_std().unwrap_or_default();
        if remaining > lifetime.saturating_add(MARGIN.min(lifetime / 4)) {
            // The record is from the future, so the remaining lifetime of the token is unknown.
            let expires_at = uptime.saturating_add(lifetime.saturating_sub(ALLOWANCE));
            return Self { due_at: uptime, ..Self::new(expires_at, lifetime) };
        }
        Self::new(uptime.saturating_add(remaining.min(lifetime).saturating_sub(ALLOWANCE)), lifetime)
    }

    fn new(expires_at: Duration, lifetime: Duration) -> Self {
        let before = |margin: Duration| expires_at.saturating_sub(margin.min(lifetime / 4));
        Self { due_at: before(MARGIN), last_moment_at: before(LAST_MOMENT), expires_at, lifetime }
    }
}

fn lifetime(session: &Session) -> Duration {
    Duration::from_secs(session.expires_in().try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::session::Session;

    #[test]
    fn a_clock_that_is_a_little_behind_makes_nothing_due() {
        let (uptime, now) = (Duration::from_secs(1000), DateTime::<Utc>::UNIX_EPOCH);
        let user = serde_json::from_str(r#"{"id":"11111111-2222-4333-8444-555555555555"}"#).unwrap();
        let session = Session::of_tokens("a".into(), "r".into(), now + TimeDelta::seconds(3600), 3600, user);
        for (behind, due_in) in [(0, 3539), (1, 3539), (900, 3539), (60_000, 3539), (60_001, 0), (86_400_000, 0)] {
            let expiry = Expiry::of_stored(&session, uptime, now - TimeDelta::milliseconds(behind));
            assert_eq!(expiry.due_at, uptime + Duration::from_secs(due_in), "{behind} ms");
            assert_eq!(expiry.expires_at, uptime + Duration::from_secs(3599), "{behind} ms");
        }
        // A machine that is ahead refreshes earlier.
        let expiry = Expiry::of_stored(&session, uptime, now + TimeDelta::seconds(10));
        assert_eq!(expiry.due_at, uptime + Duration::from_secs(3529));
    }
}
