//! The hooks of one request.

use std::collections::VecDeque;

use uuid::Uuid;

use super::call::{Answer, Call};

/// What hooks answered in one request, and what they are still to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct HookRun {
    pub(crate) answers: VecDeque<Answer>,
    pub(crate) pending: Option<Call>,
    /// Whether a hook refused within a transaction.
    pub(crate) is_undone: bool,
    /// The user that the request created.
    pub(crate) created: Option<Uuid>,
    /// Whether that user is anonymous.
    pub(crate) is_anonymous: bool,
    /// The address of the sender.
    pub(crate) sender: String,
    /// Where links in emails of this request lead.
    pub(crate) redirect_to: String,
}
