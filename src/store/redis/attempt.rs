//! One attempt of an operation: its timeouts, and whether another may succeed.

use std::time::Duration;

use ::redis::{RedisError, RetryMethod, io::tcp::TcpSettings};

/// How long one attempt waits for a connection, and for a response.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long sent data may stay unacknowledged before the connection counts as lost (`TCP_USER_TIMEOUT`).
#[cfg(any(target_os = "android", target_os = "linux"))]
const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn tcp_settings() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let settings = settings.set_user_timeout(ACKNOWLEDGEMENT_TIMEOUT);
    settings
}

/// Returns whether the cause is the connection or the state of the server, and not the request.
pub(super) fn is_transient(error: &RedisError) -> bool {
    // The latter is the error of a server that refuses writes while it has too few replicas.
    !matches!(error.retry_method(), RetryMethod::NoRetry) || error.code() == Some("NOREPLICAS")
}
