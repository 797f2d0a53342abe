//! The scripts that the server runs, and how a lost connection is handled.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use ::redis::{
    Client, ConnectionInfo, FromRedisValue, IntoConnectionInfo, RedisError, RetryMethod, Script, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
    io::tcp::TcpSettings,
};
use backon::{ExponentialBuilder, Retryable};
use tokio::time;

use super::StoreError;

/// The longest duration of an operation, retries included.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(3);

/// How long one attempt waits for a connection, and for a response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long sent data may stay unacknowledged before the connection counts as lost (`TCP_USER_TIMEOUT`).
#[cfg(any(target_os = "android", target_os = "linux"))]
const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the value. A value other than a string is not a record; its type is returned in its place.
static READ: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local type = redis.call('TYPE', KEYS[1]).ok
         if type == 'string' then return redis.call('GET', KEYS[1]) end
         return type ~= 'none' and type",
    )
});

/// Replaces the value that starts with the revision ARGV[1] by ARGV[2]; an empty string stands for a missing value.
/// ARGV[3] is the length of a revision, ARGV[4] the time to live in milliseconds. Returns 1 as well if the new value is
/// already there, as when the response to an earlier attempt was lost.
static SWAP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local type = redis.call('TYPE', KEYS[1]).ok
         local current = type
         if type == 'none' then current = '' end
         if type == 'string' then current = redis.call('GETRANGE', KEYS[1], 0, ARGV[3] - 1) end
         local new = string.sub(ARGV[2], 1, tonumber(ARGV[3]))
         if current ~= ARGV[1] and (new == '' or current ~= new) then return 0 end
         if new == '' then redis.call('DEL', KEYS[1])
         elseif ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[2])
         else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4]) end
         return 1",
    )
});

/// Takes or extends the lease unless another holder has it.
static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local holder = redis.call('GET', KEYS[1])
         if holder and holder ~= ARGV[1] then return 0 end
         redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
         return 1",
    )
});

/// Releases the lease if this holder still has it.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});

/// A connection to the server, re-established when it is lost.
#[derive(Clone)]
pub(super) struct Server(ConnectionManager);

impl Server {
    pub(super) fn new(connection: ConnectionManager) -> Self {
        Self(connection)
    }

    pub(super) async fn connect(url: &str) -> Result<Self, StoreError> {
        let failed = |error: RedisError| StoreError::new("connect to its server", error);
        let info = url.into_connection_info().map(with_tcp_settings).map_err(failed)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1);
        let client = Client::open(info).map_err(failed)?;
        Ok(Self(client.get_connection_manager_with_config(config).await.map_err(failed)?))
    }

    pub(super) async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.run("read the session", &READ.key(key)).await
    }

    /// Replaces the value if it still starts with this revision. Returns whether it did.
    pub(super) async fn swap(
        &self,
        key: &str,
        revision: &[u8],
        new: Option<&[u8]>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, StoreError> {
        let time_to_live = time_to_live.map(|time| millis(time).to_string()).unwrap_or_default();
        let mut swap = SWAP.key(key);
        swap.arg(revision).arg(new.unwrap_or_default()).arg(super::REVISION_LENGTH).arg(time_to_live);
        self.run("write the session", &swap).await
    }

    /// Takes or extends a lease. Returns `false` if another holder has it.
    pub(super) async fn claim(&self, key: &str, holder: &[u8], expiry: Duration) -> Result<bool, StoreError> {
        self.run("acquire the refresh lease", CLAIM.key(key).arg(holder).arg(millis(expiry))).await
    }

    pub(super) async fn release(&self, key: &str, holder: &[u8]) -> Result<(), StoreError> {
        self.run::<bool>("release the refresh lease", RELEASE.key(key).arg(holder)).await.map(drop)
    }

    /// Runs a script, and retries if the connection is lost. Every script must therefore be safe to run twice.
    async fn run<T: FromRedisValue>(
        &self,
        action: &'static str,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let attempt = || async { script.invoke_async(&mut self.0.clone()).await };
        let waits = ExponentialBuilder::default().with_min_delay(Duration::from_millis(20)).with_jitter();
        let attempts = attempt
            .retry(waits.with_max_delay(Duration::from_millis(500)).without_max_times())
            .sleep(time::sleep)
            .when(|error: &RedisError| is_transient(error) && began.elapsed() < OPERATION_TIMEOUT);
        let result =
            time::timeout(OPERATION_TIMEOUT, attempts).await.map_err(|error| StoreError::new(action, error))?;
        result.map_err(|error| StoreError::new(action, error))
    }
}

/// Returns whether the cause is the connection or the state of the server, and not the request.
fn is_transient(error: &RedisError) -> bool {
    !matches!(error.retry_method(), RetryMethod::NoRetry)
}

fn with_tcp_settings(info: ConnectionInfo) -> ConnectionInfo {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let settings = settings.set_user_timeout(ACKNOWLEDGEMENT_TIMEOUT);
    info.set_tcp_settings(settings)
}

/// Returns the number of milliseconds, at most a thousand years: the server rejects dates that overflow.
fn millis(duration: Duration) -> u64 {
    const LONGEST: u64 = 1000 * 365 * 24 * 3600 * 1000;
    u64::try_from(duration.as_millis()).map_or(LONGEST, |millis| millis.min(LONGEST))
}
