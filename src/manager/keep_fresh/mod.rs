//! Keeping many sessions fresh in the background.

mod schedule;
mod task;

use std::sync::{
    Weak,
    atomic::{AtomicU64, Ordering},
};

use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    client::Client,
    manager::{SessionManager, inner::Inner},
};
use task::Task;

/// Keeps many sessions fresh until it is dropped, from [`Client::keep_fresh`].
///
/// One task does it for all of them. Each is refreshed a little before it is due, at a random moment within a tenth of
/// its lifetime, so that sessions which began together do not end together. While a session is over it is left alone; a
/// manager that is dropped leaves by itself. For a single session there is
/// [`SessionManager::auto_refresh`].
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
    news: mpsc::UnboundedSender<News>,
    next_id: AtomicU64,
    task: JoinHandle<()>,
}

impl Client {
    /// Keeps sessions fresh by the clock of this client, with so many refreshes at once at most; zero counts as one.
    pub fn keep_fresh(&self, at_once: usize) -> KeepFresh {
        let (news, received) = mpsc::unbounded_channel();
        let task = Task::new(self.clock().clone(), at_once.max(1), received);
        KeepFresh { news, next_id: AtomicU64::new(0), task: tokio::spawn(task.run()) }
    }
}

impl KeepFresh {
    /// Keeps this one fresh as well, from now on and whenever somebody signs in. Another `KeepFresh` that did so before
    /// does no more.
    pub fn add(&self, manager: &SessionManager) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        manager.0.kept_by(Membership { id, news: self.news.clone() });
    }
}

impl Drop for KeepFresh {
    fn drop(&mut self) {
        // Refreshes that are under way go on; only the waiting ends.
        self.task.abort();
    }
}

/// What the task is told of its members.
#[derive(Debug)]
enum News {
    Added(u64, Weak<Inner>),
    Changed(u64),
    Gone(u64),
}

/// The membership of one manager, which tells of its changes, and of its end when it is dropped.
pub(super) struct Membership {
    id: u64,
    news: mpsc::UnboundedSender<News>,
}

impl Membership {
    pub(super) fn begins(&self, inner: Weak<Inner>) {
        let _ = self.news.send(News::Added(self.id, inner));
    }

    pub(super) fn changed(&self) {
        let _ = self.news.send(News::Changed(self.id));
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let _ = self.news.send(News::Gone(self.id));
    }
}
