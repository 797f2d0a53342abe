//! The connection to a cluster.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ::redis::{
    Cmd, FromRedisValue, RedisResult,
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
};
use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use super::attempt::{RESPONSE_TIMEOUT, is_transient, tcp_settings};

/// How long connections may take to find the new nodes by themselves.
const REPAIR: Duration = Duration::from_secs(1);

/// Connections to all nodes. They find the successor of a node that has failed, but may also keep looking for the former
/// one, so that they are opened again if they still fail after a while.
pub(super) struct NodeConnections {
    client: ClusterClient,
    current: ArcSwapOption<Opened>,
    opening: Mutex<()>,
}

struct Opened {
    connection: ClusterConnection,
    at: Instant,
}

impl NodeConnections {
    pub(super) fn new(client: ClusterClient) -> Self {
        Self { client, current: ArcSwapOption::empty(), opening: Mutex::new(()) }
    }

    pub(super) async fn open(urls: Vec<&str>) -> RedisResult<Self> {
        let client = ClusterClientBuilder::new(urls)
            .connection_timeout(RESPONSE_TIMEOUT)
            .response_timeout(RESPONSE_TIMEOUT)
            .tcp_settings(tcp_settings())
            // Each finds the node again, and the caller repeats the operation anyway.
            .retries(2)
            .max_retry_wait(200)
            .build()?;
        let connections = Self::new(client);
        connections.current().await?;
        Ok(connections)
    }

    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let opened = self.current().await?;
        let result = command.query_async(&mut opened.connection.clone()).await;
        if result.as_ref().err().is_some_and(is_transient) && opened.at.elapsed() >= REPAIR {
            // Unless they have been replaced in the meantime.
            self.current.compare_and_swap(&opened, None);
        }
        result
    }

    async fn current(&self) -> RedisResult<Arc<Opened>> {
        if let Some(opened) = self.current.load_full() {
            return Ok(opened);
        }
        let _opening = self.opening.lock().await;
        if let Some(opened) = self.current.load_full() {
            return Ok(opened);
        }
        let connection = self.client.get_async_connection().await?;
        let opened = Arc::new(Opened { connection, at: Instant::now() });
        self.current.store(Some(opened.clone()));
        Ok(opened)
    }
}
