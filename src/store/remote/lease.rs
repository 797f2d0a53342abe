//! The lease for a refresh, which expires unless its holder extends it.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{Lease, Server, SessionKey, StoreError};

/// How long a lease outlives a holder that has died.
const EXPIRY: Duration = Duration::from_secs(10);

/// How often a live holder extends its lease.
const EXTENSION_INTERVAL: Duration = Duration::from_secs(3);

/// The first and the longest wait between two attempts to take the lease.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(100);

const ACTION: &str = "acquire the refresh lease";

/// Identifies the holder of a lease. It is random: a counter would restart on a server that has lost its data, and
/// release the lease of another holder.
pub(in super::super) type HolderId = [u8; 16];

/// A claim to the lease, waiting or successful.
pub(super) struct LeaseClaim {
    server: Arc<dyn Server>,
    key: SessionKey,
    holder: HolderId,
}

impl LeaseClaim {
    pub(super) fn new(server: Arc<dyn Server>, key: SessionKey) -> Result<Self, StoreError> {
        let mut holder = [0; 16];
        getrandom::fill(&mut holder).map_err(|error| StoreError::new(ACTION, error))?;
        Ok(Self { server, key, holder })
    }

    /// Waits for the lease.
    ///
    /// A separate task takes, extends and releases it, so that it is released whenever the caller stops: while waiting,
    /// while the server's response is in transit, and when the lease is dropped.
    pub(super) async fn lease(self, limit: Duration) -> Result<Lease, StoreError> {
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(self.run(sender, limit));
        receiver.await.map_err(|error| StoreError::new(ACTION, error))?
    }

    async fn run(self, mut caller: oneshot::Sender<Result<Lease, StoreError>>, limit: Duration) {
        let taken = tokio::select! {
            biased;
            () = caller.closed() => Err(StoreError::new(ACTION, "the caller has stopped waiting")),
            taken = self.take(limit) => taken,
        };
        let (guard, dropped) = oneshot::channel::<Infallible>();
        // If the caller has stopped waiting, this drops the guard.
        let _ = caller.send(taken.map(|()| Lease::new(guard)));
        self.extend_until(dropped).await;
        // If this fails, the lease expires.
        let _ = self.server.release(&self.key, &self.holder).await;
    }

    async fn take(&self, limit: Duration) -> Result<(), StoreError> {
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(LONGEST_WAIT)
            .without_max_times()
            .with_jitter()
            .build();
        let taken = async {
            while !self.claim().await? {
                sleep(waits.next().unwrap_or(LONGEST_WAIT)).await;
            }
            Ok(())
        };
        let timed_out = |_| Err(StoreError::new(ACTION, io::Error::from(io::ErrorKind::TimedOut)));
        timeout(limit, taken).await.unwrap_or_else(timed_out)
    }

    async fn extend_until(&self, mut dropped: oneshot::Receiver<Infallible>) {
        loop {
            tokio::select! {
                _ = &mut dropped => return,
                () = sleep(EXTENSION_INTERVAL) => {}
            }
            // `false` means that another holder has it. A server that does not respond now may do so the next time.
            if let Ok(false) = self.claim().await {
                return;
            }
        }
    }

    async fn claim(&self) -> Result<bool, StoreError> {
        self.server.claim(&self.key, &self.holder, EXPIRY).await
    }
}
