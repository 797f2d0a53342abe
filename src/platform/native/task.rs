//! Tasks and timers of tokio.

use std::{future::Future, time::Duration};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

use crate::platform::Elapsed;

/// A task. It continues if this is dropped.
pub(crate) type Task<T> = tokio::task::JoinHandle<T>;

/// Starts a task. Panics without a tokio runtime.
pub(crate) fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Task<T> {
    tokio::spawn(boxed(work))
}

/// Starts a task. Returns `None` without a tokio runtime.
pub(crate) fn try_spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<Task<T>> {
    Handle::try_current().ok().map(|runtime| runtime.spawn(boxed(work)))
}

/// Boxes the work of a task, so that tasks are compiled once for each result and not for each future.
fn boxed<T>(work: impl Future<Output = T> + Send + 'static) -> BoxFuture<'static, T> {
    Box::pin(work)
}

/// Waits. The time that the machine is suspended may not count.
pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Drops the work if it takes longer than the limit.
pub(crate) async fn timeout<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    tokio::time::timeout(limit, work).await.map_err(|_| Elapsed)
}
