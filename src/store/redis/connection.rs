//! The connection: to one server, to a cluster, or to the master that sentinels name.

use ::redis::{
    Client, Cmd, FromRedisValue, IntoConnectionInfo, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use super::attempt::{RESPONSE_TIMEOUT, tcp_settings};
use crate::error::StoreError;

/// A connection that is re-established when it is lost. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    Single(ConnectionManager),
    #[cfg(feature = "redis-cluster")]
    Cluster(std::sync::Arc<super::cluster::NodeConnections>),
    #[cfg(feature = "redis-sentinel")]
    Sentinel(std::sync::Arc<super::master::MasterConnection>),
}

impl Connection {
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let info = url.into_connection_info().map_err(failed)?.set_tcp_settings(tcp_settings());
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1);
        let client = Client::open(info).map_err(failed)?;
        client.get_connection_manager_with_config(config).await.map(Self::Single).map_err(failed)
    }

    #[cfg(feature = "redis-cluster")]
    pub(super) async fn open_cluster(urls: Vec<&str>) -> Result<Self, StoreError> {
        let connections = super::cluster::NodeConnections::open(urls).await.map_err(failed)?;
        Ok(Self::Cluster(connections.into()))
    }

    #[cfg(feature = "redis-cluster")]
    pub(super) fn cluster(client: ::redis::cluster::ClusterClient) -> Self {
        Self::Cluster(super::cluster::NodeConnections::new(client).into())
    }

    #[cfg(feature = "redis-sentinel")]
    pub(super) async fn open_sentinel(sentinels: Vec<&str>, master: &str) -> Result<Self, StoreError> {
        let connection = super::master::MasterConnection::open(sentinels, master).await.map_err(failed)?;
        Ok(Self::Sentinel(connection.into()))
    }

    #[cfg(feature = "redis-sentinel")]
    pub(super) fn sentinel(client: ::redis::sentinel::SentinelClient) -> Self {
        Self::Sentinel(super::master::MasterConnection::new(client).into())
    }

    /// Returns whether another server can take the place of one that has failed.
    pub(super) fn fails_over(&self) -> bool {
        match self {
            Self::Single(_) => false,
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(_) => true,
            #[cfg(feature = "redis-sentinel")]
            Self::Sentinel(_) => true,
        }
    }

    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::Single(connection) => command.query_async(&mut connection.clone()).await,
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(connections) => connections.query(command).await,
            #[cfg(feature = "redis-sentinel")]
            Self::Sentinel(connection) => connection.query(command).await,
        }
    }
}

fn failed(error: ::redis::RedisError) -> StoreError {
    StoreError::new("connect to its server", error)
}
