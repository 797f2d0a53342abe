//! Messages from a session to the task that refreshes many sessions.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::mpsc;

use crate::platform::BoxFuture;

/// A session that is refreshed as one of many.
pub(super) trait Member: Send + Sync {
    /// Returns the uptime at which to refresh next, or `None` without a session.
    fn next_refresh(&self) -> Option<Duration>;

    /// Refreshes the session if that is due or soon will be.
    fn refresh(self: Arc<Self>) -> BoxFuture<'static, ()>;
}

/// A message to the task.
pub(super) enum MemberMessage {
    /// A member joined.
    Joined(u64, Weak<dyn Member>),
    /// The session of a member changed.
    Changed(u64),
    /// A member left.
    Left(u64),
}

/// The membership of one manager. It notifies the task of changes and, when dropped, that the member has left.
pub(super) struct Membership {
    id: u64,
    messages: mpsc::UnboundedSender<MemberMessage>,
}

impl Membership {
    pub(super) fn new(id: u64, messages: mpsc::UnboundedSender<MemberMessage>) -> Self {
        Self { id, messages }
    }

    pub(super) fn start(&self, member: Weak<dyn Member>) {
        let _ = self.messages.send(MemberMessage::Joined(self.id, member));
    }

    pub(super) fn changed(&self) {
        let _ = self.messages.send(MemberMessage::Changed(self.id));
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let _ = self.messages.send(MemberMessage::Left(self.id));
    }
}
