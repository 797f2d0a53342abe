//! What the server forgets, so that its memory stays bounded however many requests it receives.
//!
//! Users, clients and providers are kept: their number is up to the caller. Of everything that requests leave behind, the
//! newest is kept.

use crate::{received::ReceivedRequest, state::store::State};

/// The maximum number of requests, which are large.
const MOST_REQUESTS: usize = 1_000;

/// The maximum number of messages, entries of the audit log, and open flows, challenges and authorizations.
const MOST_ROWS: usize = 10_000;

/// The maximum number of sessions of a user.
const MOST_SESSIONS_OF_USER: usize = 1_000;

/// The maximum number of challenges of a factor.
const MOST_CHALLENGES: usize = 100;

/// The number of rows beyond a maximum that are removed at once, so that it is rare.
const SLACK: usize = 1_000;

impl State {
    /// Records a request.
    pub(crate) fn record(&mut self, request: ReceivedRequest) {
        self.received += 1;
        if let Some(operation) = request.operation {
            *self.counts.entry(operation).or_default() += 1;
        }
        if self.requests.len() >= MOST_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Removes the oldest of what there is too much of.
    pub(crate) fn forget_old(&mut self) {
        cut(&mut self.mailbox, MOST_ROWS);
        cut(&mut self.audit_log, MOST_ROWS);
        cut(&mut self.flows, MOST_ROWS);
        cut(&mut self.passkey_challenges, MOST_ROWS);
        cut(&mut self.oauth.authorizations, MOST_ROWS);
        if let Some(session) = self.sessions.last() {
            let user_id = session.user_id;
            let of_user = self.sessions.iter().filter(|session| session.user_id == user_id).count();
            let mut excess = of_user.saturating_sub(MOST_SESSIONS_OF_USER);
            if excess > 0 {
                self.sessions.retain(|session| {
                    let is_excess = session.user_id == user_id && excess > 0;
                    excess -= usize::from(is_excess);
                    !is_excess
                });
            }
        }
        for row in &mut self.factors {
            let excess = row.challenges.len().saturating_sub(MOST_CHALLENGES);
            row.challenges.drain(..excess);
        }
    }
}

fn cut<T>(rows: &mut Vec<T>, most: usize) {
    if rows.len() > most + SLACK {
        rows.drain(..rows.len() - most);
    }
}
