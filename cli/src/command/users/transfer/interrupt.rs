//! Ctrl-C during a transfer.

use std::pin::pin;

use gotrue::futures_util::future::{Either, select};

/// Runs the work until it is done, or until Ctrl-C. Returns nothing if it was interrupted.
pub async fn until_interrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(interrupt())).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler, Ctrl-C ends the process.
        std::future::pending::<()>().await;
    }
}
