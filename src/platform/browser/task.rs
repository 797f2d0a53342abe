//! Tasks and timers of the event loop.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::{AbortHandle, Either, abortable, select};
use gloo_timers::future::TimeoutFuture;
use tokio::sync::oneshot::{self, error::RecvError};
use wasm_bindgen_futures::spawn_local;

use crate::platform::Elapsed;

/// The longest wait that a timer supports: 24 days.
pub(super) const MAX_WAIT: Duration = Duration::from_millis(i32::MAX as u64);

/// A task. It continues if this is dropped.
#[derive(Debug)]
pub(crate) struct Task<T> {
    result: oneshot::Receiver<T>,
    abort: AbortHandle,
}

impl<T> Task<T> {
    pub(crate) fn abort(&self) {
        self.abort.abort();
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.result).poll(context)
    }
}

/// Starts a task.
pub(crate) fn spawn<T: 'static>(work: impl Future<Output = T> + 'static) -> Task<T> {
    let (sender, result) = oneshot::channel();
    let (work, abort) = abortable(work);
    spawn_local(async move {
        if let Ok(result) = work.await {
            // The receiver may have been dropped.
            let _ = sender.send(result);
        }
    });
    Task { result, abort }
}

/// Starts a task. There always is an event loop.
#[expect(clippy::unnecessary_wraps, reason = "natively, there may be no runtime")]
pub(crate) fn try_spawn<T: 'static>(work: impl Future<Output = T> + 'static) -> Option<Task<T>> {
    Some(spawn(work))
}

/// Waits. The time that the machine is suspended may not count.
pub(crate) async fn sleep(duration: Duration) {
    let (mut sender, receiver) = oneshot::channel();
    let millis = u32::try_from(duration.min(MAX_WAIT).as_millis()).unwrap_or_default();
    // The timer belongs to this thread. A task owns it, so that the future is `Send`.
    spawn_local(async move {
        select(TimeoutFuture::new(millis), pin!(sender.closed())).await;
        let _ = sender.send(());
    });
    let _ = receiver.await;
}

/// Drops the work if it takes longer than the limit.
pub(crate) async fn timeout<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    match select(pin!(work), pin!(sleep(limit))).await {
        Either::Left((result, _)) => Ok(result),
        Either::Right(_) => Err(Elapsed),
    }
}
