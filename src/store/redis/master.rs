//! The connection to the master that sentinels name.

use std::sync::Arc;

use ::redis::{
    AsyncConnectionConfig, Cmd, ConnectionAddr, ErrorKind, FromRedisValue, IntoConnectionInfo, RedisError, RedisResult,
    TlsMode,
    aio::MultiplexedConnection,
    sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType},
};
use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use super::attempt::{RESPONSE_TIMEOUT, is_transient, tcp_settings};

/// A connection to the current master. After a failure, the sentinels are asked again.
pub(super) struct MasterConnection {
    sentinels: Mutex<SentinelClient>,
    current: ArcSwapOption<MultiplexedConnection>,
}

impl MasterConnection {
    pub(super) fn new(client: SentinelClient) -> Self {
        Self { sentinels: Mutex::new(client), current: ArcSwapOption::empty() }
    }

    /// Connects. The host in the URL is the name of the master.
    pub(super) async fn open(sentinels: Vec<&str>, master: &str) -> RedisResult<Self> {
        let info = master.into_connection_info()?;
        let (name, tls) = match info.addr() {
            ConnectionAddr::Tcp(name, _) => (name, None),
            ConnectionAddr::TcpTls { host, insecure: false, .. } => (host, Some(TlsMode::Secure)),
            _ => return Err(invalid("expected a URL such as redis://:password@mymaster")),
        };
        let mut node = SentinelNodeConnectionInfo::default()
            .set_redis_connection_info(info.redis_settings().clone())
            .set_tcp_settings(tcp_settings());
        if let Some(tls) = tls {
            node = node.set_tls_mode(tls);
        }
        let client = SentinelClient::build(sentinels, name.clone(), Some(node), SentinelServerType::Master)?;
        let connection = Self::new(client);
        connection.current().await?;
        Ok(connection)
    }

    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let connection = self.current().await?;
        let result = command.query_async(&mut MultiplexedConnection::clone(&connection)).await;
        if result.as_ref().err().is_some_and(is_transient) {
            // Unless it has been replaced in the meantime.
            self.current.compare_and_swap(&connection, None);
        }
        result
    }

    async fn current(&self) -> RedisResult<Arc<MultiplexedConnection>> {
        if let Some(connection) = self.current.load_full() {
            return Ok(connection);
        }
        let mut sentinels = self.sentinels.lock().await;
        if let Some(connection) = self.current.load_full() {
            return Ok(connection);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let connection = Arc::new(sentinels.get_async_connection_with_config(&config).await?);
        self.current.store(Some(connection.clone()));
        Ok(connection)
    }
}

fn invalid(message: &'static str) -> RedisError {
    (ErrorKind::InvalidClientConfig, message).into()
}
