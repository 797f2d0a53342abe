//! The turn to refresh among processes: a key that expires.

use std::{convert::Infallible, io, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{Lease, StoreError, server::Server};

/// How long a lease outlives a holder that has died.
const EXPIRY: Duration = Duration::from_secs(10);

/// How often a holder that lives prolongs it.
const PROLONGATION: Duration = Duration::from_secs(3);

/// How long to wait for another process that refreshes.
const TURN_TIMEOUT: Duration = Duration::from_secs(90);

/// How long to wait before asking again, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// One holder of the lease, or somebody who would like to be.
pub(super) struct Turn {
    server: Server,
    key: String,
    /// Random: a number that counts would begin anew on a server that has lost its data, and release another's lease.
    holder: [u8; 16],
}

impl Turn {
    pub(super) fn new(server: Server, key: String) -> Result<Self, StoreError> {
        let mut holder = [0; 16];
        getrandom::fill(&mut holder).map_err(|error| StoreError::new("take its turn to refresh", error))?;
        Ok(Self { server, key, holder })
    }

    /// Waits for the lease. A task of its own takes, prolongs and releases it, so that it ends well whenever whoever asks
    /// for it goes away: while waiting, while the server's answer is on the way, and when the lease is dropped.
    pub(super) async fn lease(self) -> Result<Lease, StoreError> {
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(self.serve(sender));
        receiver.await.map_err(|error| StoreError::new("take its turn to refresh", error))?
    }

    async fn serve(self, mut asked: oneshot::Sender<Result<Lease, StoreError>>) {
        let taken = tokio::select! {
            biased;
            () = asked.closed() => Err(StoreError::new("take its turn to refresh", "nobody wants it any more")),
            taken = self.take() => taken,
        };
        let (guard, dropped) = oneshot::channel::<Infallible>();
        // If nobody takes it, the guard is dropped here.
        let _ = asked.send(taken.map(|()| Lease::new(guard)));
        self.prolong_until(dropped).await;
        // If it fails, the lease expires.
        let _ = self.server.release(&self.key, &self.holder).await;
    }

    async fn take(&self) -> Result<(), StoreError> {
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
        let timed_out = |_| Err(StoreError::new("take its turn to refresh", io::Error::from(io::ErrorKind::TimedOut)));
        timeout(TURN_TIMEOUT, taken).await.unwrap_or_else(timed_out)
    }

    async fn prolong_until(&self, mut dropped: oneshot::Receiver<Infallible>) {
        loop {
            tokio::select! {
                _ = &mut dropped => return,
                () = sleep(PROLONGATION) => {}
            }
            // Somebody else has it. If the server cannot be asked, it may be there again the next time.
            if let Ok(false) = self.claim().await {
                return;
            }
        }
    }

    async fn claim(&self) -> Result<bool, StoreError> {
        self.server.claim(&self.key, &self.holder, EXPIRY).await
    }
}
