//! What the server forgets, so that its memory stays bounded however many requests it receives.
//!
//! Users, clients and providers are kept: their number is up to the caller. Of everything that requests leave behind, the
//! newest is kept.

use uuid::Uuid;

use crate::{
    received::ReceivedRequest,
    state::{store::State, table::Key},
};

/// The maximum number of requests, which are large.
const MOST_REQUESTS: usize = 1_000;

/// The maximum number of messages, entries of the audit log, and open flows, challenges and authorizations.
const MOST_ROWS: usize = 10_000;

/// The maximum number of sessions of a user.
const MOST_SESSIONS_OF_USER: usize = 1_000;

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
        self.mailbox.keep_newest(MOST_ROWS);
        self.audit_log.keep_newest(MOST_ROWS);
        self.flows.keep_newest(MOST_ROWS);
        self.passkey_challenges.keep_newest(MOST_ROWS);
        self.oauth.authorizations.keep_newest(MOST_ROWS);
    }

    /// Ends the oldest sessions of a user who has too many.
    pub(crate) fn forget_old_sessions(&mut self, user_id: Uuid) {
        let places = self.sessions.places(&Key::User(user_id));
        for place in &places[..places.len().saturating_sub(MOST_SESSIONS_OF_USER)] {
            self.sessions.remove(*place);
        }
    }
}
