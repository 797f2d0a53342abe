//! A limit on refreshes for access tokens that could not be verified.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How many such sessions the server may refuse within [`WINDOW`]. The limit is that of forged HS256 tokens.
const MAX_REFUSALS: usize = 5;

const WINDOW: Duration = Duration::from_secs(30);

/// Limits the refreshes of sessions whose access token is signed with an unknown key. That key may have been replaced
/// while the user was away, but anyone can make up such a token, and each would cost the server a request.
#[derive(Debug, Default)]
pub(super) struct UnverifiedLimit(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    /// The uptime at which the window ends.
    end: Duration,
    /// The refreshes that are in flight or were refused.
    used: usize,
}

impl UnverifiedLimit {
    /// Returns whether one more refresh is allowed, and counts it.
    pub(super) fn acquire(&self, now: Duration) -> bool {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= window.end {
            *window = Window { end: now.saturating_add(WINDOW), used: 0 };
        }
        let is_allowed = window.used < MAX_REFUSALS;
        window.used += usize::from(is_allowed);
        is_allowed
    }

    /// Takes back a refresh that was not refused.
    pub(super) fn release(&self) {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        window.used = window.used.saturating_sub(1);
    }
}
