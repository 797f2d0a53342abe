//! Servers for the tests. Each ends with its test.

pub mod certificates;
pub mod cluster;
pub mod postgres;
pub mod redis;
pub mod sentinel;

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

/// Returns ports that are free now. Another process may take them, so the caller tries several times.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// Waits for a change in another process that announces none.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
