//! Until when an access token is good, on a clock that cannot jump.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::session::Session;

/// How long before its end an access token is replaced, at most.
const MARGIN: Duration = Duration::from_secs(60);

/// Two moments of the clock's uptime, and the lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expiry {
    /// From then on a refresh is due.
    pub(super) due_at: Duration,
    /// From then on the server refuses the token.
    pub(super) expires_at: Duration,
    /// How long a new token is good.
    pub(super) lifetime: Duration,
}

impl Expiry {
    /// Of a session that has just come: it is good for its whole lifetime, whatever the time is called.
    pub(super) fn of_new(session: &Session, uptime: Duration) -> Self {
        Self::after(lifetime(session), lifetime(session), uptime)
    }

    /// Of a session from a store, by what people call the time now. When that makes no sense, because a clock has been
    /// set in between, a refresh is due.
    pub(super) fn of_stored(session: &Session, uptime: Duration, now: DateTime<Utc>) -> Self {
        let remaining = (session.expires_at() - now).to_std().unwrap_or_default();
        if remaining > lifetime(session) {
            // It came from the future. Nobody knows how long it is still good; the server does.
            let lifetime = lifetime(session);
            return Self { due_at: uptime, expires_at: uptime + lifetime, lifetime };
        }
        Self::after(remaining, lifetime(session), uptime)
    }

    /// Short-lived tokens have a shorter margin, lest they are always due.
    fn after(remaining: Duration, lifetime: Duration, uptime: Duration) -> Self {
        let margin = MARGIN.min(lifetime / 4);
        let expires_at = uptime.saturating_add(remaining);
        Self { due_at: uptime.saturating_add(remaining.saturating_sub(margin)), expires_at, lifetime }
    }
}

fn lifetime(session: &Session) -> Duration {
    Duration::from_secs(session.expires_in().try_into().unwrap_or_default())
}
