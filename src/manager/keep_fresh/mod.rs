//! Background refresh of many sessions.

mod schedule;
mod task;

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use self::task::RefreshTask;
use super::membership::{MemberMessage, Membership};
use crate::{
    client::Client,
    platform::{self, Task},
};

/// Refreshes many sessions in the background until it is dropped. From [`Client::keep_fresh`].
///
/// One task serves all of them. Each session is refreshed shortly before it is due, at a random moment within a tenth
/// of its lifetime, so that sessions that started together are not refreshed together. A session that has ended is
/// skipped until the next sign-in, and dropping a manager removes it. For a single session, use
/// [`SessionManager::auto_refresh`](super::SessionManager::auto_refresh).
///
/// ```
/// # async fn f(client: gotrue::Client, users: Vec<gotrue::SessionManager>) {
/// let fresh = client.keep_fresh(16);
/// for user in &users {
///     fresh.add(user);
/// }
/// // … as long as `fresh` lives …
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct KeepFresh {
    messages: mpsc::UnboundedSender<MemberMessage>,
    next_id: AtomicU64,
    task: Task<()>,
}

impl Client {
    /// Starts a task that refreshes sessions, by the clock of this client, with at most `at_once` refreshes at a time
    /// (zero counts as one). Requires a tokio runtime, except in a browser.
    pub fn keep_fresh(&self, at_once: usize) -> KeepFresh {
        let (messages, received) = mpsc::unbounded_channel();
        let task = RefreshTask::new(self.clock().clone(), at_once.max(1), received);
        KeepFresh { messages, next_id: AtomicU64::new(0), task: platform::spawn(task.run()) }
    }
}

impl KeepFresh {
    /// Also refreshes this session, from now on and after each new sign-in, and removes it from any other `KeepFresh`.
    pub fn add(&self, manager: &super::SessionManager) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        manager.join(Membership::new(id, self.messages.clone()));
    }
}

impl Drop for KeepFresh {
    fn drop(&mut self) {
        // Refreshes in flight continue; only the waiting ends.
        self.task.abort();
    }
}
