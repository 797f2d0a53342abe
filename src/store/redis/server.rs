//! The scripts that the server runs, and what is done when the connection is lost.

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

/// How long an operation may take, with all that is tried again.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long one attempt waits for a connection, and for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// How long what was sent may go unacknowledged before the connection counts as lost.
#[cfg(any(target_os = "android", target_os = "linux"))]
const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// What is there. Anything else than a string is no record of ours; its type stands for it.
static READ: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local type = redis.call('TYPE', KEYS[1]).ok
         if type == 'string' then return redis.call('GET', KEYS[1]) end
         return type ~= 'none' and type",
    )
});

/// Replaces what begins with ARGV[1] by ARGV[2]; nothing is a beginning of its own. ARGV[3] is how many bytes of it
/// count, ARGV[4] the time to live in milliseconds. What it has written already, when the answer was lost on the way, it
/// says that it has written.
static SWAP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local type = redis.call('TYPE', KEYS[1]).ok
         local there = type
         if type == 'none' then there = '' end
         if type == 'string' then there = redis.call('GETRANGE', KEYS[1], 0, ARGV[3] - 1) end
         local new = string.sub(ARGV[2], 1, tonumber(ARGV[3]))
         if there ~= ARGV[1] and (new == '' or there ~= new) then return 0 end
         if new == '' then redis.call('DEL', KEYS[1])
         elseif ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[2])
         else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4]) end
         return 1",
    )
});

/// Takes or prolongs the lease if nobody else has it.
static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local holder = redis.call('GET', KEYS[1])
         if holder and holder ~= ARGV[1] then return 0 end
         redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
         return 1",
    )
});

/// Ends the lease if it is still that of this holder.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});

/// A connection to the server, which is made anew when it is lost.
#[derive(Clone)]
pub(super) struct Server(ConnectionManager);

impl Server {
    pub(super) fn new(connection: ConnectionManager) -> Self {
        Self(connection)
    }

    pub(super) async fn connect(url: &str) -> Result<Self, StoreError> {
        let failed = |error: RedisError| StoreError::new("connect to its server", error);
        let to = url.into_connection_info().map(with_tcp_settings).map_err(failed)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(ANSWER_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT))
            .set_number_of_retries(1);
        let client = Client::open(to).map_err(failed)?;
        Ok(Self(client.get_connection_manager_with_config(config).await.map_err(failed)?))
    }

    pub(super) async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.run("read the session", &READ.key(key)).await
    }

    /// Replaces what begins with this mark, if it still does. Says whether it did.
    pub(super) async fn swap(
        &self,
        key: &str,
        mark: &[u8],
        new: Option<&[u8]>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, StoreError> {
        let time_to_live = time_to_live.map(|time| millis(time).to_string()).unwrap_or_default();
        let mut swap = SWAP.key(key);
        swap.arg(mark).arg(new.unwrap_or_default()).arg(super::MARK).arg(time_to_live);
        self.run("write the session", &swap).await
    }

    /// Takes or prolongs a lease. False when somebody else has it.
    pub(super) async fn claim(&self, key: &str, holder: &[u8], expiry: Duration) -> Result<bool, StoreError> {
        self.run("take its turn to refresh", CLAIM.key(key).arg(holder).arg(millis(expiry))).await
    }

    pub(super) async fn release(&self, key: &str, holder: &[u8]) -> Result<(), StoreError> {
        self.run::<bool>("end its turn to refresh", RELEASE.key(key).arg(holder)).await.map(drop)
    }

    /// Runs a script, again when the connection was lost: each of them may be run twice.
    async fn run<T: FromRedisValue>(
        &self,
        doing: &'static str,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let attempt = || async { script.invoke_async(&mut self.0.clone()).await };
        let waits = ExponentialBuilder::default().with_min_delay(Duration::from_millis(20)).with_jitter();
        let attempts = attempt
            .retry(waits.with_max_delay(Duration::from_millis(500)).without_max_times())
            .sleep(time::sleep)
            .when(|error: &RedisError| may_pass(error) && began.elapsed() < PATIENCE);
        let done = time::timeout(PATIENCE, attempts).await.map_err(|error| StoreError::new(doing, error))?;
        done.map_err(|error| StoreError::new(doing, error))
    }
}

/// Whether it is the connection or the server's state, and not what was asked.
fn may_pass(error: &RedisError) -> bool {
    !matches!(error.retry_method(), RetryMethod::NoRetry)
}

fn with_tcp_settings(to: ConnectionInfo) -> ConnectionInfo {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let settings = settings.set_user_timeout(ACKNOWLEDGEMENT_TIMEOUT);
    to.set_tcp_settings(settings)
}

/// As the server counts. It takes no more than dates can hold; a thousand years will do.
fn millis(duration: Duration) -> u64 {
    const LONGEST: u64 = 1000 * 365 * 24 * 3600 * 1000;
    u64::try_from(duration.as_millis()).map_or(LONGEST, |millis| millis.min(LONGEST))
}
