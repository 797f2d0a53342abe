//! The pool of connections.

use std::{net::IpAddr, sync::Arc, time::Duration};

use ::tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StoreError;

/// The number of connections. Statements take a few milliseconds each.
const POOL_SIZE: usize = 8;

/// How long an attempt to connect, or the wait for a free connection, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long sent data may stay unacknowledged before the connection counts as lost (`TCP_USER_TIMEOUT`).
const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Creates the pool, without connections yet.
pub(super) fn pool(url: &str) -> Result<Pool, StoreError> {
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| StoreError::new("connect to its server", cause);
    // The cause is omitted, because it may quote the password of a URL that is not encoded properly.
    let mut config: Config = url.parse().map_err(|_| failed(INVALID_URL.into()))?;
    if config.get_ssl_mode() == SslMode::Prefer {
        // A server on this machine often has a certificate that no one trusts, such as the one of Debian's package.
        config.ssl_mode(if is_on_this_machine(&config) { SslMode::Disable } else { SslMode::Require });
    }
    config.connect_timeout(config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT));
    config.tcp_user_timeout(config.get_tcp_user_timeout().copied().unwrap_or(ACKNOWLEDGEMENT_TIMEOUT));
    let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, tls().map_err(|error| failed(error.into()))?, manager);
    Pool::builder(manager)
        .max_size(POOL_SIZE)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(CONNECT_TIMEOUT))
        .create_timeout(Some(CONNECT_TIMEOUT))
        .build()
        .map_err(|error| failed(error.into()))
}

const INVALID_URL: &str = "invalid connection string; expected one such as postgres://user:password@host/database, \
                           with sslmode disable, prefer or require, if any";

fn tls() -> Result<MakeRustlsConnect, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn is_on_this_machine(config: &Config) -> bool {
    let is_local = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(is_local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}
