//! Background refresh of one session.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select};
use tokio::sync::broadcast::error::RecvError;

use super::{inner::Inner, refresh::Wanted};
use crate::platform::{self, Task};

/// The minimum time between two refreshes, however short-lived the tokens are.
const PAUSE: Duration = Duration::from_secs(1);

/// Refreshes a session in the background until it is dropped. From
/// [`SessionManager::auto_refresh`](super::SessionManager::auto_refresh).
///
/// ```
/// # async fn f(auth: gotrue::SessionManager) {
/// let _keep_fresh = auth.auto_refresh();
/// // … as long as the guard lives …
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct AutoRefresh(Task<()>);

impl AutoRefresh {
    pub(super) fn start(inner: Arc<Inner>) -> Self {
        Self(platform::spawn(run(inner)))
    }
}

impl Drop for AutoRefresh {
    fn drop(&mut self) {
        // A refresh in flight continues; only the waiting ends.
        self.0.abort();
    }
}

async fn run(inner: Arc<Inner>) {
    // Subscribe first, so that no change is missed between the check and the wait.
    let mut changes = inner.subscribe();
    loop {
        let until_due = pin!(async {
            match inner.next_refresh() {
                Some(due_at) => inner.clock().sleep(due_at.saturating_sub(inner.clock().uptime())).await,
                None => std::future::pending().await,
            }
        });
        match select(until_due, pin!(changes.recv())).await {
            Either::Left(((), _)) => {
                inner.flight(Wanted::IfDue).outcome().await;
                inner.clock().sleep(PAUSE).await;
            }
            Either::Right((Err(RecvError::Closed), _)) => return,
            Either::Right(_) => {}
        }
    }
}
