//! The calls of one request.

use std::collections::VecDeque;

use uuid::Uuid;

use super::call::{Answer, Call};
use crate::lookup::Lookup;

/// A call that a handler needs.
#[derive(Clone, Debug)]
pub(crate) enum Outgoing {
    Hook(Call),
    Lookup(Lookup),
}

/// What came of a call.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Hook(Answer),
    Lookup(Option<bool>),
}

impl Outgoing {
    pub(crate) async fn send(&self) -> Reply {
        match self {
            Self::Hook(call) => Reply::Hook(call.send().await),
            Self::Lookup(lookup) => Reply::Lookup(lookup.send().await),
        }
    }
}

/// What hooks and services answered in one request, and what they are still to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct HookRun {
    pub(crate) answers: VecDeque<Reply>,
    pub(crate) pending: Option<Outgoing>,
    /// Whether a hook refused within a transaction.
    pub(crate) is_undone: bool,
    /// The user that the request created.
    pub(crate) created: Option<Uuid>,
    /// Whether that user is anonymous.
    pub(crate) is_anonymous: bool,
    /// The address of the sender.
    pub(crate) sender: String,
    /// The URL of links in emails, if it is another one than that of the server.
    pub(crate) external_url: Option<String>,
    /// Where links in emails of this request lead.
    pub(crate) redirect_to: String,
}
