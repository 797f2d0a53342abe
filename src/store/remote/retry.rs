//! Repeated attempts while a server is unreachable or restarts.

use std::{
    error::Error,
    future::Future,
    time::{Duration, Instant},
};

use backon::{ExponentialBuilder, Retryable};
use tokio::time;

use super::StoreError;

/// Repeats an operation while its error is transient, for up to this long in all.
pub(in super::super) async fn retry<T, E, F>(
    action: &'static str,
    limit: Duration,
    is_transient: fn(&E) -> bool,
    attempt: impl FnMut() -> F + Send,
) -> Result<T, StoreError>
where
    E: Error + Send + Sync + 'static,
    F: Future<Output = Result<T, E>> + Send,
{
    let began = Instant::now();
    let waits = ExponentialBuilder::default().with_min_delay(Duration::from_millis(20)).with_jitter();
    let attempts = attempt
        .retry(waits.with_max_delay(Duration::from_millis(500)).without_max_times())
        .sleep(time::sleep)
        .when(|error| is_transient(error) && began.elapsed() < limit);
    let result = time::timeout(limit, attempts).await.map_err(|error| StoreError::new(action, error))?;
    result.map_err(|error| StoreError::new(action, error))
}
